"""What the user asks of a run while it runs: read from the control file, or told by a signal."""

from __future__ import annotations

import _thread
import os
import signal
import time
from pathlib import Path
from types import FrameType
from typing import TypeVar

from studio.core.control import (
    CONTROL,
    DiscardAsked,
    PauseAsked,
    RoomAnswered,
    StopAsked,
    Wish,
)
from studio.core.wire import LineReader

_W = TypeVar("_W")
_LOOK_SECONDS = 0.2


class LeaveNowError(BaseException):
    """The user wants the run to end, and nothing is being done that could be kept.

    No Exception: it is raised wherever the engine is while it loads, in the middle of an import
    say, and what tries an import must not take it for a missing library.
    """


class Wishes:
    """What was asked and is not met yet.

    Wishes from before this engine was born belong to the one before it and are passed over.

    Args:
        path: the control file; it may not exist.
        born: when this process was created, in seconds since the epoch.
        answered: bytes of the file that are answered, if this process knows; then all behind them
            counts, whatever its time.

    Attributes:
        leaving: the wish to end, once there is one: stop or pause.
        answered: bytes of the file that were read.
        launched: whether a launcher started this engine. It hears a Ctrl-C too and sends it on, so
            that one comes twice; and it ends who does not obey in time.
        at_once: nothing is trained yet, so that a wish to end is met wherever the engine is.
        keeps: there is something to make a result of, so that a stop waits until it is loaded.
    """

    def __init__(self, path: Path, born: float, answered: int = -1) -> None:
        self._path = path
        self._reader = LineReader(CONTROL)
        self._open: list[Wish] = []
        self.launched = self.at_once = self.keeps = False
        self.answered = max(answered, 0)
        self.leaving: StopAsked | PauseAsked | None = None
        self._is_reading = False
        for wish in self._read():
            if answered >= 0 or wish.time >= born:  # without a time it may be any age
                self._take(wish)

    @property
    def discarding(self) -> bool:
        """Whether the run is to end at once."""
        return any(isinstance(wish, DiscardAsked) for wish in self._open)

    def look(self) -> None:
        """Read what was asked since the last look."""
        for wish in self._read():
            self._take(wish)

    def take(self, kind: type[_W]) -> _W | None:
        """Return the newest wish of a kind, and forget all of it; None if nobody asked."""
        found = [wish for wish in self._open if isinstance(wish, kind)]
        self._open = [wish for wish in self._open if not isinstance(wish, kind)]
        return found[-1] if found else None

    def wait(self, seconds: float) -> None:
        """Wait for an answer about room, or for a wish to end; no longer than that."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            answered = any(isinstance(wish, RoomAnswered) for wish in self._open)
            if self.leaving or self.discarding or answered:
                return
            time.sleep(_LOOK_SECONDS)

    def obey_signals(self) -> None:
        """Take SIGTERM and the first Ctrl-C as a wish to stop; a second Ctrl-C ends at once."""
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)

    def nudge(self) -> None:
        """Let a wish to end be heard by an engine that is loading; called by another thread."""
        if not self.at_once:
            return
        told = Wishes(self._path, 0.0, self.answered)
        if self._ends_at_once(told):
            _thread.interrupt_main(signal.SIGTERM)

    def heed(self) -> None:
        """Look what was asked, and leave if that is to be at once.

        Raises:
            LeaveNowError: so it is.
        """
        self.look()
        if self.at_once and self._ends_at_once(self):
            self.at_once = False
            raise LeaveNowError

    def _ends_at_once(self, told: Wishes) -> bool:
        asked = told.leaving
        return told.discarding or isinstance(asked, PauseAsked) or bool(asked and not self.keeps)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if not self._is_reading:
            self.look()
        if not (self.leaving or self.discarding):
            self.leaving = StopAsked()
        if not self.launched:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        if self.at_once:
            self.at_once = False
            raise LeaveNowError

    def _take(self, wish: Wish) -> None:
        if isinstance(wish, StopAsked | PauseAsked):
            self.leaving = wish
        else:
            self._open.append(wish)

    def _read(self) -> list[Wish]:
        self._is_reading = True  # a signal may come in the middle of it
        try:
            return self._read_new()
        finally:
            self._is_reading = False

    def _read_new(self) -> list[Wish]:
        try:
            if os.stat(self._path).st_size <= self.answered:
                return []
            with self._path.open("rb") as file:
                file.seek(self.answered)
                chunk = file.read()
        except OSError:
            return []  # nothing was ever asked
        whole = chunk.rfind(b"\n") + 1  # a line that is still being written is read next time
        self.answered += whole
        return [wish for wish in self._reader.feed(chunk[:whole]) if isinstance(wish, Wish)]

"""What the user asks of a run while it runs: read from the control file, or told by a signal."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from types import FrameType

from studio.core.control import CONTROL, PauseAsked, SaveAsked, StopAsked
from studio.core.wire import LineReader


class Wishes:
    """The newest wish that is not met yet.

    Wishes from before this engine was born belong to the one before it and are passed over.

    Args:
        path: the control file; it may not exist.
        born: when this process was created, in seconds since the epoch.

    Attributes:
        leaving: the wish to end, once there is one: stop or pause.
    """

    def __init__(self, path: Path, born: float) -> None:
        self._path = path
        self._born = born
        self._reader = LineReader(CONTROL)
        self._offset = 0
        self._save = False
        self.leaving: StopAsked | PauseAsked | None = None
        for wish in self._read():
            if wish.time >= born:  # without a time it may be any age
                self._take(wish)

    def look(self) -> None:
        """Read what was asked since the last look."""
        for wish in self._read():
            self._take(wish)

    def take_save(self) -> bool:
        """Return whether a checkpoint was asked for, and forget it."""
        asked, self._save = self._save, False
        return asked

    def obey_signals(self) -> None:
        """Take SIGTERM and the first Ctrl-C as a wish to stop; a second Ctrl-C ends at once."""
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self.leaving = StopAsked()
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def _take(self, wish: StopAsked | PauseAsked | SaveAsked) -> None:
        if isinstance(wish, SaveAsked):
            self._save = True
        else:
            self.leaving = wish

    def _read(self) -> list[StopAsked | PauseAsked | SaveAsked]:
        try:
            if os.stat(self._path).st_size <= self._offset:
                return []
            with self._path.open("rb") as file:
                file.seek(self._offset)
                chunk = file.read()
        except OSError:
            return []  # nothing was ever asked
        self._offset += len(chunk)
        wishes = self._reader.feed(chunk)
        return [w for w in wishes if isinstance(w, StopAsked | PauseAsked | SaveAsked)]

"""What an engine does beside its work: beats its heart, notices lost time, keeps the machine awake.

A thread of its own, so that a step of ten minutes beats like one of a second.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from studio.core.clocks import Clocks, odd_gap
from studio.core.control import SaveAsked
from studio.core.events import CheckpointCommitted, Event, Remark
from studio.core.problems import RunError
from studio.core.vitals import BEAT_SECONDS
from studio.core.workspace import RunFolder
from studio.data.runfiles import ask
from studio.engine.emit import EventLog
from studio.machine.clocks import read_clocks
from studio.machine.sleep import BOOTED, SleepGuard


class Vigil:
    """Watches over one engine between enter and exit.

    Args:
        run: whose lock the process holds.
        log: where remarks go.
        each: called at each heartbeat.
        beat: seconds between two heartbeats.
        booted: there if logind is.
    """

    def __init__(
        self,
        run: RunFolder,
        log: EventLog,
        *,
        each: Callable[[], None] = lambda: None,
        beat: float = BEAT_SECONDS,
        booted: Path = BOOTED,
    ) -> None:
        self._run, self._log, self._each, self._beat = run, log, each, beat
        self._guard = SleepGuard(f"Training {run.id}", self._suspend_told, booted)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="vigil", daemon=True)
        self._clocks: Clocks | None = None
        self._saving = False

    def __enter__(self) -> Self:
        self._touch()
        self._log.listeners.append(self._heard)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._thread.join()
        self._log.listeners.remove(self._heard)
        with suppress(OSError):
            self._run.heartbeat.unlink(missing_ok=True)

    def _watch(self) -> None:
        self._guard.hold()  # here, since Windows counts it to the thread
        try:
            for why in sorted({self._guard.fault, self._guard.deaf}):
                _to_log(why)
            while not self._closing.wait(self._beat):
                self._touch()
                self._each()
                self._look_at_clocks()
                if why := self._guard.look():
                    self._tell_awake_lost(why)
        finally:
            self._guard.close()

    def _touch(self) -> None:
        with suppress(OSError):  # a full disk is told by those who need room
            self._run.heartbeat.touch()

    def _look_at_clocks(self) -> None:
        before, self._clocks = self._clocks, read_clocks()
        gap = odd_gap(before, self._clocks, self._beat) if before is not None else None
        if gap is not None:
            self._tell(gap)

    def _tell_awake_lost(self, why: str) -> None:
        _to_log(why)
        self._tell(
            Remark(
                code="may_sleep",
                summary=why,
                hint="Turn off automatic suspend in the system's settings for a long run. A "
                "suspended run goes on when the machine wakes.",
            )
        )

    def _tell(self, remark: Remark) -> None:
        with suppress(OSError):  # as above
            self._log.emit(remark)

    def _suspend_told(self, going: bool) -> None:
        """Ask for a checkpoint before a suspend, through the file that all wishes take."""
        if not going:
            return
        self._saving = True
        with suppress(RunError):
            ask(self._run, SaveAsked(time=time.time()))

    def _heard(self, event: Event) -> None:
        if self._saving and isinstance(event, CheckpointCommitted):
            self._saving = False
            self._guard.let_sleep()


def _to_log(why: str) -> None:
    """Write why the machine may be suspended to the engine's log, which stderr is."""
    if why:
        sys.stderr.write(f"Sleep is not held off: {why}\n")

"""Looks at an engine from outside, and lets one that stands still go on."""

from __future__ import annotations

import time

from studio.core.events import Remark
from studio.core.runstate import RunState
from studio.core.vitals import Look, Vitals
from studio.core.workspace import RunFolder
from studio.data.runfiles import engine_of
from studio.machine.processes import ProcessMark, is_stopped, let_go_on


class VitalSigns:
    """Watches one run's engine, whichever process that is; asked again and again by one thread."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._vitals = Vitals()
        self._looked: float | None = None

    def look(self, engine: ProcessMark, state: RunState, events: int) -> Remark | None:
        """Return what is wrong with the engine now; None while it shows life.

        Args:
            engine: the process.
            state: of the run.
            events: how many the run has told.
        """
        now = time.monotonic()
        seconds = now - self._looked if self._looked is not None else 0.0
        self._looked = now
        found = Look(
            beat=_beat(self._folder),
            step=state.step,
            events=events,
            stopped=is_stopped(engine),
        )
        return self._vitals.look(found, seconds, state)


def wake(folder: RunFolder) -> None:
    """Let a run's engine go on that was told to stand still; does nothing when there is none.

    Raises:
        EngineError: it belongs to somebody else.
    """
    engine = engine_of(folder)
    if engine is not None:
        let_go_on(engine)


def _beat(folder: RunFolder) -> int | None:
    try:
        return folder.heartbeat.stat().st_mtime_ns
    except OSError:
        return None  # it has not begun to beat, or is of a version that did not

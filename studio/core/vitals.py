"""Signs of life of an engine, seen from outside: a long step is told from a process that stands.

Silence is counted in looks, not by a clock: while the machine sleeps nobody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from studio.core.actions import END, STOP, WAKE
from studio.core.events import Remark
from studio.core.runstate import RunState, State
from studio.core.units import duration

BEAT_SECONDS = 2.0
"""Between two heartbeats of an engine."""
LONGEST_LOOK = 2.0
"""Seconds that one look may count; what is more was a sleep of the machine."""
STOPPED_SECONDS = 6.0
"""Silence after which a process that the system calls stopped is told."""
SILENT_SECONDS = 60.0
"""Silence, or time without a step, from which something is wrong."""
TIMES_TYPICAL = 5.0
"""And at least so many times the usual step."""
_AT_WORK = frozenset({State.TRAINING, State.PAUSING, State.STOPPING})


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at an engine found.

    Attributes:
        beat: of the heartbeat's file, in whatever changes when it is touched; None without one.
        step: optimizer steps done.
        events: a number that grows with every event.
        stopped: the system calls the process stopped, by a signal say.
    """

    beat: int | None
    step: int
    events: int
    stopped: bool


class Vitals:
    """Judges an engine by looks at it, one after the other."""

    def __init__(self) -> None:
        self._last: Look | None = None
        self._silent = self._stepless = 0.0

    def look(self, found: Look, seconds: float, state: RunState) -> Remark | None:
        """Return what is wrong with the engine now; None while it shows life.

        Args:
            found: by this look.
            seconds: since the look before.
            state: of the run.
        """
        last, self._last = self._last, found
        counted = min(max(seconds, 0.0), LONGEST_LOOK)
        if last is None or found.beat != last.beat or found.events != last.events:
            self._silent = 0.0
        else:
            self._silent += counted
        if last is None or found.events != last.events or state.state not in _AT_WORK:
            self._stepless = 0.0
        else:
            self._stepless += counted
        return self._judged(found, state)

    def _judged(self, found: Look, state: RunState) -> Remark | None:
        if found.stopped and self._silent >= STOPPED_SECONDS:
            return Remark(
                code="process_stopped",
                summary="The training process is stopped: it was told to stand still.",
                hint="Let it go on; nothing is lost.",
                step=found.step,
                action=WAKE,
            )
        limit = silence_allowed(state)
        if found.beat is not None and self._silent >= limit:
            return Remark(
                code="process_silent",
                summary=f"The training process has shown no sign of life for "
                f"{duration(self._silent)}.",
                hint="It hangs, in a driver or on a disk say. End it and resume: at most the steps "
                "since the last checkpoint are taken again.",
                step=found.step,
                action=END,
            )
        if self._stepless >= limit:
            return Remark(
                code="step_overdue",
                summary=f"No step has ended for {duration(self._stepless)}; "
                f"{duration(typical_step(state))} is usual.",
                hint="The process is alive. Something else may take the processor, the card or the "
                "memory it needs.",
                step=found.step,
                action=STOP,
            )
        return None


def typical_step(state: RunState) -> float:
    """Return the usual seconds of a step; 0 before the first."""
    return median(seconds for _, seconds in state.recent) if state.recent else 0.0


def silence_allowed(state: RunState) -> float:
    """Return the seconds without a sign from which something is wrong."""
    return max(SILENT_SECONDS, TIMES_TYPICAL * typical_step(state))

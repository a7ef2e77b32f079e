"""What three clocks say between two heartbeats: a suspend, a process that stood, a clock set."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.events import Remark
from studio.core.units import duration

SLEPT = 10.0
"""Seconds of suspend from which it is told."""
STOOD = 60.0
"""Seconds without a heartbeat, while the machine was awake, from which it is told."""
SET = 30.0
"""Seconds that the wall clock was set by from which it is told."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """Three clocks, read together, in seconds.

    Attributes:
        wall: since the epoch; people and time servers set it.
        elapsed: since some moment, suspends included.
        awake: since some moment, suspends left out.
    """

    wall: float
    elapsed: float
    awake: float


def odd_gap(before: Clocks, after: Clocks, beat: float) -> Remark | None:
    """Return what happened between two heartbeats; None if only time passed.

    Args:
        before: at the last heartbeat.
        after: now.
        beat: seconds that should lie between the two.
    """
    elapsed, awake = after.elapsed - before.elapsed, after.awake - before.awake
    slept, stood, moved = elapsed - awake, awake - beat, after.wall - before.wall - elapsed
    if slept >= SLEPT:
        return Remark(
            code="suspended",
            summary=f"The machine was suspended for {duration(slept)}.",
            hint="Training went on where it was. The time counts neither as training nor as speed.",
        )
    if stood >= STOOD:
        return Remark(
            code="stood_still",
            summary=f"The training process stood still for {duration(stood)}.",
            hint="Something stopped it, or took the processor from it. It goes on, and nothing is "
            "lost; that step only looks slow.",
        )
    if abs(moved) >= SET:
        way = "forward" if moved > 0 else "back"
        return Remark(
            code="clock_set",
            summary=f"The system's clock was set {way} by {duration(abs(moved))}.",
            hint="Times of day before and after it do not compare. Lengths of steps are right.",
        )
    return None

"""What a guard says: warnings while a run learns, and what was gained and lost after it."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.events import Evaluated
from studio.core.tradeoff import (
    Point,
    Range,
    base_of,
    best_of,
    crossed,
    points_of,
    questions_of,
    range_of,
)
from studio.core.units import duration, percent

ASKING = "Asking the base general questions"
"""What a run says it does while it measures its base."""
_MANY = 0.005
"""Nats a token below which a change is called none."""


def coming_words(step: int, point: Point, tolerance: float) -> tuple[str, str]:
    """Return what is said when a crossing is projected, and what can be done."""
    return (
        f"At this pace general answers pass the tolerance of {tolerance:g} nats near step {step}; "
        f"now they are {worse_words(point.lost)} than the base's.",
        "Lower the learning rate, or let general rows be learned along in the next run.",
    )


def crossed_words(point: Point, tolerance: float) -> str:
    """Return what is said of a point past the tolerance."""
    return (
        f"At step {point.step} general answers are {worse_words(point.lost)} nats a token than the "
        f"base's{_between(point.lost_range)}, past the tolerance of {tolerance:g}."
    )


def rolled_back_words(point: Point, to: Point) -> str:
    """Return what is said of a roll-back to a better checkpoint."""
    return (
        f"The guard went back from step {point.step} to step {to.step}: there the held-out loss is "
        f"{to.target:.3f}, and general answers are {worse_words(to.lost)} than the base's."
    )


def worse_words(lost: float) -> str:
    """Return by how much answers are worse or better, in three places, as an adverb."""
    return f"{abs(lost):.3f} {'worse' if lost > 0 else 'better'}"


def verdict_words(evaluations: Sequence[Evaluated], kept: Sequence[int], tolerance: float) -> str:
    """Return in one sentence what a run gained and lost, and which checkpoint to take.

    Args:
        evaluations: of the run, in order.
        kept: steps whose checkpoints are on the disk.
        tolerance: nats that general answers may lose.

    Returns:
        Empty if nothing guarded the run, or it was not evaluated after its start.
    """
    points = points_of(evaluations, kept)
    events = {event.step: event for event in evaluations}
    base = base_of(evaluations)
    if len(points) < 2 or base is None or base.general_loss is None:
        return ""
    best = best_of(points, tolerance)
    taken = best if best is not None else points[-1]
    event = events[taken.step]
    which = f"at step {taken.step} " if taken.step != points[-1].step else ""
    gained = f"{which}held-out loss {base.target_loss:.3f} → {taken.target:.3f}"
    gained += _between(range_of(event, "target_loss"), places=3)
    advice = "no checkpoint was kept"
    if best is not None:
        advice = f"take the checkpoint of step {taken.step}"
        if crossed(best, tolerance):
            advice = (
                f"no checkpoint stayed within the tolerance of {tolerance:g}, and that of step "
                f"{taken.step} gained most for what it lost"
            )
    return f"{gained}; {_lost(base, taken, tolerance, questions_of(event))}; {advice}{_beside(points, taken)}."


def _lost(base: Evaluated, point: Point, tolerance: float, asked: int) -> str:
    low, high = point.lost_range or (point.lost, point.lost)
    chance = point.lost_range is not None and low <= 0 <= high
    kind = "worse" if point.lost > 0 else "better"
    if chance and high > max(tolerance, _MANY):  # too few questions to call it nothing
        words = f"general answers look {kind} by {abs(point.lost):.3f} nats a token, which may be "
        words += f"chance{_between(point.lost_range)}"
    elif abs(point.lost) < _MANY or chance:
        words = f"nothing general was measurably lost ({signed(-point.lost)} nats a token"
        words += _between(point.lost_range, before="; ") + ")"
    else:
        words = f"general answers got {kind} by {abs(point.lost):.3f} nats a token"
        words += _between(point.lost_range)
    if point.accuracy is not None and base.general_accuracy is not None:
        before, now = percent(base.general_accuracy), percent(point.accuracy)
        many = f"{asked:,} " if asked else ""
        words += f", {before} → {now} of {many}questions right"
    return words


def _beside(points: Sequence[Point], taken: Point) -> str:
    """Return how the last step stands beside the one to take."""
    last = points[-1]
    if last.step == taken.step:
        return ""
    return f" (step {last.step}: {last.target:.3f} and {worse_words(last.lost)})"


def signed(value: float) -> str:
    """Return a change with its sign, in three places."""
    return f"{value:+.3f}".replace("-", "−")


def _between(found: Range | None, *, places: int = 3, before: str = " (") -> str:
    if found is None:
        return ""
    low, high = (f"{end:.{places}f}".replace("-", "−") for end in found)
    after = ")" if before == " (" else ""
    return f"{before}95 %: {low} to {high}{after}"


def cost_words(evaluations: Sequence[Evaluated], training: float) -> str:
    """Return what measuring has cost so far; empty where nothing was measured.

    Args:
        evaluations: of the run.
        training: seconds in its steps.
    """
    asked = [event for event in evaluations if event.general_loss is not None]
    if not asked:
        return ""
    spent = sum(event.guard_seconds for event in asked)
    many = questions_of(asked[-1])
    often = sum(1 for event in asked if event.step)
    times = f"{often:,} {'time' if often == 1 else 'times'}"
    words = (
        f"{many:,} asked of the base, and {times} after" if often else f"{many:,} asked of the base"
    )
    share = f", {percent(spent / training)} of the time in steps" if training else ""
    return f"{words}: {duration(spent)}{share}"

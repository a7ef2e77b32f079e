"""What a guard says: warnings while a run learns, and what was gained and lost after it."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.events import Evaluated
from studio.core.tradeoff import Point, Range, base_of, best_of, crossed, points_of, range_of
from studio.core.units import percent

_MANY = 0.005
"""Nats a token below which a change is called none."""


def coming_words(step: int, point: Point, tolerance: float) -> tuple[str, str]:
    """Return what is said when a crossing is projected, and what can be done."""
    return (
        f"At this pace general answers pass the tolerance of {tolerance:g} nats near step {step}; "
        f"now they are {signed(point.lost)} from the base.",
        "Lower the learning rate, or let general rows be learned along in the next run.",
    )


def crossed_words(point: Point, tolerance: float) -> str:
    """Return what is said of a point past the tolerance."""
    return (
        f"At step {point.step} general answers are {signed(point.lost)} nats a token from the base"
        f"{_between(point.lost_range)}, past the tolerance of {tolerance:g}."
    )


def rolled_back_words(point: Point, to: Point) -> str:
    """Return what is said of a roll-back to a better checkpoint."""
    return (
        f"The guard went back from step {point.step} to step {to.step}: there the held-out loss is "
        f"{to.target:.3f} and general answers are {signed(to.lost)} nats from the base."
    )


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
    return f"{gained}; {_lost(base, taken, tolerance)}; {advice}{_beside(points, taken)}."


def _lost(base: Evaluated, point: Point, tolerance: float) -> str:
    low, high = point.lost_range or (point.lost, point.lost)
    chance = point.lost_range is not None and low <= 0 <= high
    if chance and high > max(tolerance, _MANY):  # too few questions to call it nothing
        kind = "lost" if point.lost > 0 else "gained"
        words = f"general answers {kind} {abs(point.lost):.3f}, which may be chance (nats a token"
    elif abs(point.lost) < _MANY or chance:
        words = f"nothing general was measurably lost (its loss {signed(point.lost)} nats a token"
    else:
        kind = "lost" if point.lost > 0 else "gained"
        words = f"general answers {kind} {abs(point.lost):.3f} nats a token ("
        words += f"{base.general_loss:.3f} → {point.general:.3f}"
    words += _between(point.lost_range, before="; change ") + ")"
    if point.accuracy is not None and base.general_accuracy is not None:
        before, now = percent(base.general_accuracy), percent(point.accuracy)
        words += f", {before} → {now} of questions right"
    return words


def _beside(points: Sequence[Point], taken: Point) -> str:
    """Return how the last step stands beside the one to take."""
    last = points[-1]
    if last.step == taken.step:
        return ""
    return f" (step {last.step}: {last.target:.3f} and {signed(last.lost)})"


def signed(value: float) -> str:
    """Return a change with its sign, in three places."""
    return f"{value:+.3f}".replace("-", "−")


def _between(found: Range | None, *, places: int = 3, before: str = " (") -> str:
    if found is None:
        return ""
    low, high = (f"{end:.{places}f}".replace("-", "−") for end in found)
    after = ")" if before == " (" else ""
    return f"{before}95 %: {low} to {high}{after}"


def standing_words(points: Sequence[Point], tolerance: float) -> str:
    """Return in a few words how a run stands now; empty before there is something to say."""
    if len(points) < 2:
        return ""
    last = points[-1]
    if crossed(last, tolerance):
        return f"Forgets: general answers {signed(last.lost)}, past {tolerance:g}"
    if last.lost > tolerance / 2:
        return f"Near the tolerance: general answers {signed(last.lost)} of {tolerance:g}"
    return f"Keeps the rest: general answers {signed(last.lost)} of {tolerance:g}"

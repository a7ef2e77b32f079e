"""What a run gained and lost at each evaluation, and which checkpoint is the best of both.

Everything is counted from the base, also in a run that goes on from an adapter.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from studio.core.events import Evaluated

Range = tuple[float, float]
"""Low and high end of a 95 % interval."""
_OF_BASE = ("target_loss", "general_loss", "general_accuracy", "general_tags")
LOOK_BACK = 4
"""Evaluations that a projection goes by."""


@dataclass(frozen=True, slots=True)
class Point:
    """One evaluation: the task on one side, general questions on the other.

    Attributes:
        step: optimizer steps done; 0 is the base.
        target: loss on the held-out rows, in nats a token.
        general: loss on the probes' answers, in nats a token.
        accuracy: share of probes answered right, 0 to 1; None if none can be judged.
        drift: divergence from the base on the probes' answers, in nats a token.
        lost: general less that of the base.
        lost_range: its interval, probe by probe beside the base; None where it is not known.
        kept: whether a checkpoint of this step is on the disk.
    """

    step: int
    target: float
    general: float
    accuracy: float | None = None
    drift: float | None = None
    lost: float = 0.0
    lost_range: Range | None = None
    kept: bool = False


def points_of(events: Iterable[Any], kept: Iterable[int] = ()) -> list[Point]:
    """Return the guarded evaluations by step; the last one of a step counts.

    Args:
        events: of a run, in order; what is no evaluation is passed over.
        kept: steps whose checkpoints are on the disk.
    """
    found = {
        event.step: event
        for event in events
        if isinstance(event, Evaluated) and event.general_loss is not None
    }
    on_disk, base = set(kept), base_of(found.values())
    return [_point(found[step], base, step in on_disk) for step in sorted(found)]


def base_of(events: Iterable[Any]) -> Evaluated | None:
    """Return what the base of a run gives, as an evaluation at step 0; None if none was told.

    A run that goes on from an adapter tells it beside what it starts with. One that did not, made by
    an earlier version, is counted from its start.
    """
    first = None
    for event in events:
        if isinstance(event, Evaluated) and event.step == 0:
            first = event
    if first is None or not first.base:
        return first
    told = {name: first.base[name] for name in _OF_BASE if name in first.base}
    return dataclasses.replace(first, general_ranges={}, base={}, **{"drift": 0.0, **told})


def base_point(events: Iterable[Any]) -> Point | None:
    """Return the base of a run as a point; None if it was not asked general questions."""
    base = base_of(events)
    return None if base is None or base.general_loss is None else _point(base, base, False)


def _point(event: Evaluated, base: Evaluated | None, kept: bool) -> Point:
    general = event.general_loss if event.general_loss is not None else math.nan
    start = base.general_loss if base is not None else None
    at_start = base is not None and range_of(base, "general_loss_change") not in (None, (0.0, 0.0))
    return Point(
        step=event.step,
        target=event.target_loss,
        general=general,
        accuracy=event.general_accuracy,
        drift=event.drift,
        lost=general - start if start is not None else 0.0,
        # Intervals are of the change from the base, which is not the start of a run that went on
        lost_range=None if at_start else range_of(event, "general_loss_change"),
        kept=kept,
    )


def range_of(event: Evaluated, name: str) -> Range | None:
    """Return an interval that an evaluation tells; None if it tells none."""
    found = event.general_ranges.get(name)
    if not isinstance(found, list | tuple) or len(found) != 2:
        return None
    if not all(isinstance(end, int | float) for end in found):
        return None
    return float(found[0]), float(found[1])


def questions_of(event: Evaluated | None) -> int:
    """Return how many general questions an evaluation asked."""
    bodies = event.general_tags.values() if event is not None else ()
    found = [body.get("items", 0) for body in bodies if isinstance(body, dict)]
    return sum(int(many) for many in found if isinstance(many, int | float))


def crossed(point: Point, tolerance: float) -> bool:
    """Return whether a point is past the tolerance, and not by the chance of its probes alone."""
    sure = point.lost_range is None or point.lost_range[0] > 0
    return point.step > 0 and point.lost > tolerance and sure


def best_of(points: Sequence[Point], tolerance: float) -> Point | None:
    """Return the best trade-off among kept checkpoints: the lowest target loss within tolerance.

    Where none is within, it is the one that gained most for what it lost, of those that may be past
    it by chance alone if there are such; None without one.
    """
    judged = (p for p in points if math.isfinite(p.target) and math.isfinite(p.general))
    there = [point for point in judged if point.kept and point.step > 0]
    within = [point for point in there if point.lost <= tolerance]
    if within:
        return min(within, key=lambda point: (point.target, point.step))
    there = [point for point in there if not crossed(point, tolerance)] or there
    if not there:
        return None
    return min(front(there), key=lambda point: (point.target + point.general, point.step))


def front(points: Sequence[Point]) -> list[Point]:
    """Return the points that no other one beats in both target and general loss, by target."""
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (p.target, p.general, p.step)):
        if not found or point.general < found[-1].general:
            found.append(point)
    return found


def crossing_step(points: Sequence[Point], tolerance: float, last_step: int) -> int | None:
    """Return the step at which general loss will pass the tolerance if it goes on as it does.

    The line through the last evaluations has the median of all slopes between two of them, so that
    one odd point does not turn it.

    Source: Theil and Sen; Sen 1968, Estimates of the regression coefficient based on Kendall's tau.

    Args:
        points: by step.
        tolerance: nats over the base.
        last_step: of the run; what comes later is not told.
    """
    recent = [point for point in points if math.isfinite(point.lost)][-LOOK_BACK:]
    if len(recent) < 3 or recent[-1].lost > tolerance:
        return None
    pairs = [(a, b) for i, a in enumerate(recent) for b in recent[i + 1 :]]
    slope = median((b.lost - a.lost) / (b.step - a.step) for a, b in pairs)
    if slope <= 0:
        return None
    height = median(point.lost - slope * point.step for point in recent)
    step = math.ceil((tolerance - height) / slope)
    return step if recent[-1].step < step <= last_step else None

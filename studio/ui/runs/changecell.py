"""How a run's gain and its forgetting stand in the table: two bars on one scale, and words."""

from __future__ import annotations

import math
from collections.abc import Iterable

from studio.core.tradeoff import Point, Range, crossed
from studio.core.units import NO_VALUE, percent, signed
from studio.data.runfiles import RunSummary
from studio.ui.widgets.cells import MIDDLE, Cell

_UNGUARDED = "Nobody asked this run general questions, so what it forgot is not known."
Change = tuple[float, float | None]
"""Nats a token gained in the task and in general, less than 0 where lost; None: nobody asked."""


def change_of(run: RunSummary) -> Change | None:
    """Return what a run gained and forgot; None before it was evaluated after its start."""
    if run.base_target_loss is None:
        return None
    end = run.outcome
    if end is not None:
        return run.base_target_loss - end.target, -end.lost
    later = [loss for step, loss in run.evaluations if step]
    return (run.base_target_loss - later[-1], None) if later else None


def per_nat(runs: Iterable[RunSummary]) -> float:
    """Return the share of the bars' room that a nat takes, so that the longest of all just fits."""
    changes = [v for run in runs for v in change_of(run) or () if v is not None]
    changes = [value for value in changes if math.isfinite(value)]
    left, right = -min(changes, default=0.0), max(changes, default=0.0)
    rooms = [MIDDLE / left] if left > 0 else []
    rooms += [(1 - MIDDLE) / right] if right > 0 else []
    return min(rooms, default=1.0)


def change_words(run: RunSummary) -> tuple[str, str]:
    """Return the changes of the task and of general answers: "+1.41", "−0.06"."""
    gained, general = change_of(run) or (None, None)
    told = (gained, general)
    return tuple(NO_VALUE if v is None else signed(v) for v in told)  # type: ignore[return-value]


def change_cell(run: RunSummary, scale: float) -> Cell:
    """Return the cell; amber where general answers are past the tolerance."""
    end, found = run.outcome, change_of(run)
    if found is None:
        return Cell(NO_VALUE, tip="Not evaluated before and after the training.")
    shares = (found[0], found[1] or 0.0)
    past = end is not None and crossed(end, run.tolerance)
    return Cell(
        " · ".join(change_words(run)),
        tone="warning" if past else "text",
        change=(shares[0] * scale, shares[1] * scale) if all(map(math.isfinite, shares)) else None,
        tip=_tip(run, end, past=past) if end is not None else _UNGUARDED,
    )


def _tip(run: RunSummary, end: Point, *, past: bool) -> str:
    base, first = run.base_target_loss or math.nan, run.guarded[0]
    lines = [
        f"At step {end.step:,}, beside the base, in nats a token:",
        f"your task {signed(base - end.target, 3)} ({base:.3f} → {end.target:.3f})",
        f"general {signed(-end.lost, 3)} ({end.general - end.lost:.3f} → {end.general:.3f})"
        + _between(end.lost_range),
    ]
    if end.accuracy is not None and first.accuracy is not None:
        since = " since its start" if run.start_from else ""
        now = percent(end.accuracy)
        lines.append(f"questions right {percent(first.accuracy)} → {now}{since}")
    if end.drift is not None:
        lines.append(f"drift from the base {end.drift:.3f}")
    if past:
        lines.append(f"Past the tolerance of {run.tolerance:g}.")
    elif end.lost_range is not None and end.lost_range[0] <= 0 <= end.lost_range[1]:
        lines.append("The interval holds zero, so the general change may be chance.")
    return "\n".join(lines)


def _between(lost: Range | None) -> str:
    if lost is None:
        return ""
    return f", 95 %: {signed(-lost[1], 3)} to {signed(-lost[0], 3)}"

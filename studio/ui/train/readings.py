"""The readings of a run beside its loss: what they are called, and how their values are said."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from studio.app.othercurves import OtherRun
from studio.app.runstore import RunStore
from studio.core.recipe import Recipe
from studio.core.units import GIB, NO_VALUE, learning_rate, rate
from studio.ui.train.curvedata import EMPTY, MOST_GAPS, Floats, Points, column_points
from studio.ui.train.plotsync import View
from studio.ui.train.rateplan import planned_rates

POINTS = 1_200
"""Most points of a line that is drawn a good 1 px wide."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading.

    Attributes:
        column: of a run's history.
        unit: of the value; empty for none.
        per: what the column is divided by.
        words: a value as it is said, without its unit.
    """

    name: str
    column: str
    unit: str
    per: float
    words: Callable[[float | None], str]


def _norm(value: float | None) -> str:
    return NO_VALUE if value is None or not math.isfinite(value) else f"{value:.2f}"


RATE = Reading("Learning rate", "learning_rate", "", 1.0, learning_rate)
NORM = Reading("Gradient norm", "grad_norm", "", 1.0, _norm)
SPEED = Reading("Speed", "tokens_per_second", "tokens/s", 1.0, rate)
MEMORY = Reading("Memory", "memory", "GiB", float(GIB), _norm)
READINGS = (RATE, NORM, SPEED, MEMORY)


@dataclass(frozen=True, slots=True)
class ReadingCurve:
    """A reading of a run, where it is looked at.

    Attributes:
        gaps: steps whose value was no number.
        zeros: steps whose value was 0, for a gradient norm.
        planned: the values of steps that are not taken yet.
        expected: low, middle and high of what was predicted; None where nothing was.
        other: the run that is compared with.
        last: the value that stands beside the name.
    """

    lived: Points = EMPTY
    gaps: Floats = field(default_factory=lambda: np.empty(0))
    zeros: Floats = field(default_factory=lambda: np.empty(0))
    planned: Points = EMPTY
    expected: tuple[float, float, float] | None = None
    other: Points = EMPTY
    last: float | None = None


def reading_curve(
    reading: Reading, store: RunStore, view: View | None, other: OtherRun | None = None
) -> ReadingCurve:
    """Return what is drawn of a reading."""
    history, state = store.history, store.state
    lived = column_points(history, reading.column, view, POINTS, reading.per)
    if reading is MEMORY:
        lived = Points(lived.x, np.where(lived.y > 0, lived.y, np.nan))
    plan, behind = EMPTY, EMPTY
    if reading is RATE and store.alive:
        plan = planned_rates(planned_recipe(store), state.step, state.total_steps)
    if other is not None:
        behind = column_points(other.history, reading.column, view, POINTS // 4, reading.per)
    judged = reading is not MEMORY
    return ReadingCurve(
        lived=lived,
        gaps=lived.x[~np.isfinite(lived.y)][-MOST_GAPS:] if judged else EMPTY.x,
        zeros=lived.x[lived.y == 0][-MOST_GAPS:] if reading is NORM else EMPTY.x,
        planned=plan,
        expected=_expected(store) if reading is MEMORY else None,
        other=behind,
        last=_last(reading, store),
    )


def value_at(curve: ReadingCurve, step: int) -> float | None:
    """Return the value at a step, or at the nearest that is drawn; None where there is none."""
    lived = curve.lived
    if not len(lived.x) or step < lived.x[0]:
        return None
    at = min(int(np.searchsorted(lived.x, step)), len(lived.x) - 1)
    return float(lived.y[at])


def _expected(store: RunStore) -> tuple[float, float, float] | None:
    peak = store.state.predicted_peak_bytes or store.predicted["peak"]
    if not peak:
        return None
    low, high = store.predicted["low"] or peak, store.predicted["high"] or peak
    return low / GIB, peak / GIB, high / GIB


def planned_recipe(store: RunStore) -> Recipe | None:
    """Return the recipe with the learning rate that is in force."""
    rate_now = store.state.plan.get("learning_rate")
    if store.recipe is not None and isinstance(rate_now, float):
        return store.recipe.replace(learning_rate=rate_now)
    return store.recipe


def _last(reading: Reading, store: RunStore) -> float | None:
    state = store.state
    if reading is RATE:
        return state.learning_rate
    if reading is NORM:
        return state.grad_norm
    if reading is MEMORY:
        return (state.measured_peak_bytes or state.memory_bytes or math.nan) / GIB
    return mean_speed(store)


def mean_speed(store: RunStore) -> float | None:
    """Return the speed of the last steps, or of all when the run has ended."""
    state = store.state
    if not state.final or not len(store.history):
        return state.tokens_per_second
    speeds, elapsed = store.history.column("tokens_per_second"), store.history.column("elapsed")
    seconds = np.diff(elapsed, prepend=0.0)
    whole = float(np.nansum(speeds * seconds))
    return whole / float(elapsed[-1]) if elapsed[-1] > 0 else None

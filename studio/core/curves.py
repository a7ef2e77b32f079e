"""Curves as a screen can show them: thinned without losing a spike, and smoothed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def thin(ys: Sequence[float], n_buckets: int) -> list[tuple[int, float]]:
    """Reduce a series to at most ``3 * n_buckets`` points without losing a spike or a gap.

    Each bucket keeps its lowest and its highest point, and one point that is not finite if there
    is one, in their order of time.

    Args:
        ys: the series, shape (n,); NaN and infinities are gaps.
        n_buckets: usually the width of the plot in pixels, at least 1.

    Returns:
        (index, value) pairs, indices rising; a gap has the value NaN.
    """
    n = len(ys)
    if n <= 2 * n_buckets:
        return [(i, _gap(y)) for i, y in enumerate(ys)]
    points: list[tuple[int, float]] = []
    for bucket in range(n_buckets):
        points += _extremes(ys, bucket * n // n_buckets, (bucket + 1) * n // n_buckets)
    return points


def _extremes(ys: Sequence[float], start: int, stop: int) -> list[tuple[int, float]]:
    low = high = gap = -1
    for i in range(start, stop):
        if not math.isfinite(ys[i]):
            gap = i
        elif low < 0:
            low = high = i
        elif ys[i] < ys[low]:
            low = i
        elif ys[i] > ys[high]:
            high = i
    return [(i, _gap(ys[i])) for i in sorted({low, high, gap} - {-1})]


def _gap(value: float) -> float:
    return value if math.isfinite(value) else math.nan


class Smoother:
    """An exponential moving average that takes one value at a time and is unbiased at the start.

    Args:
        weight: share of the past, 0 (none) to below 1.
    """

    def __init__(self, weight: float) -> None:
        self._weight = weight
        self._mean = 0.0
        self._sum = 0.0

    def add(self, value: float) -> float:
        """Return the average after one more value; a gap gives NaN and leaves the average."""
        if not math.isfinite(value):
            return math.nan
        self._mean = self._weight * self._mean + (1 - self._weight) * value
        self._sum = self._weight * self._sum + (1 - self._weight)
        return self._mean / self._sum


def smooth(ys: Iterable[float], weight: float = 0.9) -> list[float]:
    """Return the exponential moving average of a series; gaps stay gaps.

    Args:
        ys: the series.
        weight: share of the past, 0 (none) to below 1.
    """
    smoother = Smoother(weight)
    return [smoother.add(y) for y in ys]

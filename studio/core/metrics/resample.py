"""How sure a number is: bootstrap intervals, and paired tests of two columns on the same rows.

One :class:`Resamples` serves all numbers of an evaluation, so that a difference is taken on the
same draws as its parts. Sources: Efron and Tibshirani 1993, An Introduction to the Bootstrap, 13.3
(percentile intervals); Koehn 2004, Statistical Significance Tests for Machine Translation
Evaluation (paired bootstrap); Good 2005, Permutation Tests, 3 (sign flips).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

SEED = 20_240_601
DRAWS = 1000
CONFIDENCE = 0.95

Statistic = Callable[[Sequence[int]], float]
"""Takes the places of rows, some of them more than once, and returns a number for these rows."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number and the range that holds 95 % of what other rows would have given."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What a column has more than another on the same rows.

    Attributes:
        p: how often chance alone gives at least this difference, both directions; of means by
            sign flips of the rows, else by the paired bootstrap.
    """

    value: float
    low: float
    high: float
    p: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


class Resamples:
    """The draws of rows that all numbers of an evaluation share.

    Args:
        rows: how many rows there are.
        draws: how often as many are drawn from them, with replacement.
        seed: the same seed draws the same rows.
    """

    def __init__(self, rows: int, draws: int = DRAWS, seed: int = SEED) -> None:
        drawn = random.Random(seed)
        self._all = range(rows)
        self._draws = [drawn.choices(self._all, k=rows) for _ in range(draws if rows else 0)]
        self._seed = seed

    def values(self, statistic: Statistic) -> list[float]:
        """Return a statistic of each draw."""
        return [statistic(places) for places in self._draws]

    def interval(self, statistic: Statistic) -> Interval:
        """Return a statistic of all rows with its interval."""
        if not self._all:
            return Interval(math.nan, math.nan, math.nan)
        return Interval(statistic(self._all), *_middle(self.values(statistic)))

    def difference(self, statistic: Statistic, base: Statistic) -> Difference:
        """Return how much more a statistic is than another on the same rows."""
        if not self._all:
            return Difference(math.nan, math.nan, math.nan, 1.0)
        ours, theirs = self.values(statistic), self.values(base)
        gaps = [one - other for one, other in zip(ours, theirs, strict=True)]
        value = statistic(self._all) - base(self._all)
        finite = [gap for gap in gaps if math.isfinite(gap)]
        below = sum(gap <= 0 for gap in finite)
        above = sum(gap >= 0 for gap in finite)
        p = min(1.0, 2 * (min(below, above) + 1) / (len(finite) + 1))
        return Difference(value, *_middle(gaps), p)

    def mean_difference(self, scores: Sequence[float], base: Sequence[float]) -> Difference:
        """Return how much more the mean of one score a row is, tested by flips of its sign."""
        found = self.difference(mean_of(scores), mean_of(base))
        gaps = [one - other for one, other in zip(scores, base, strict=True)]
        p = sign_flip_p(gaps, seed=self._seed)
        return Difference(found.value, found.low, found.high, p)


def mean_of(scores: Sequence[float]) -> Statistic:
    """Return the statistic "mean of these scores"."""
    return lambda places: sum(map(scores.__getitem__, places)) / len(places)


def ratio_of(
    above: Sequence[float], below: Sequence[float], form: Callable[[float], float]
) -> Statistic:
    """Return a form of a ratio of sums, such as exp(nats / tokens) for perplexity."""

    def statistic(places: Sequence[int]) -> float:
        total = sum(map(below.__getitem__, places))
        return form(sum(map(above.__getitem__, places)) / total) if total else math.nan

    return statistic


def sign_flip_p(gaps: Sequence[float], draws: int = DRAWS, seed: int = SEED) -> float:
    """Return how often random signs of the gaps give a sum at least as far from zero."""
    drawn = random.Random(seed)
    told = [gap for gap in gaps if gap]
    if not told:
        return 1.0
    wanted = abs(sum(told)) * (1 - 1e-12)
    hits = 0
    for _ in range(draws):
        bits, total = drawn.getrandbits(len(told)), 0.0
        for gap in told:
            total += gap if bits & 1 else -gap
            bits >>= 1
        hits += abs(total) >= wanted
    return (hits + 1) / (draws + 1)


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """Return the bounds of the middle 95 % of the finite values."""
    ordered = sorted(value for value in values if math.isfinite(value))
    if not ordered:
        return math.nan, math.nan
    cut = (1 - CONFIDENCE) / 2
    low = math.floor(cut * (len(ordered) - 1))
    high = math.ceil((1 - cut) * (len(ordered) - 1))
    return ordered[low], ordered[high]

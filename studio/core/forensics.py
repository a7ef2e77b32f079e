"""Which rows a run could not learn, knew at once, or learned against: judged by their losses.

A row is compared with its neighbours: the rows with about as many trained tokens, at the same
time of being seen, since the mean over few tokens scatters more than that over many. Losses are
means over a row's trained tokens, in nats.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

SEEN = 2
"""A row seen fewer times cannot be judged."""
GROUPS = 4
"""Groups of neighbours, by their number of trained tokens."""
FEWEST = 12
"""Rows in a group; with fewer, all rows are neighbours."""
FELL = 0.9
"""A loss that is still this share of the first has not fallen."""
OUTLIER = 3.5
"""Robust deviations above the neighbours' median from which a loss stands out."""
AT_ONCE = 0.25
"""A loss that is down to this share by the second time was learned at once."""
_MAD_TO_SIGMA = 1.4826
_LEAST_SPREAD = 0.02
"""Of the median; without it, neighbours that agree exactly would make everything an outlier."""


class Kind(StrEnum):
    """What a row's losses say; each is also a key for scripts."""

    MISLABELLED = "likely_mislabelled"
    NEVER = "never_learned"
    AT_ONCE = "learned_at_once"


CRITERIA = {
    Kind.MISLABELLED: "At its last time the loss stands more than 3.5 robust deviations above the "
    "median of its neighbours, and fell by less than half of what theirs fell.",
    Kind.NEVER: "The loss is still at least nine tenths of what it was the first time, and above "
    "the median of its neighbours, whose loss fell.",
    Kind.AT_ONCE: "By its second time the loss was down to a quarter of the first, and under half "
    "of the median of its neighbours.",
}
"""How each kind is told, for people."""


@dataclass(frozen=True, slots=True)
class RowCurve:
    """The losses of one row, each time it was trained.

    Attributes:
        row: the id in the dataset.
        steps: when, ascending.
        losses: one for each step.
        tokens: trained tokens of the row.
    """

    row: int
    steps: tuple[int, ...]
    losses: tuple[float, ...]
    tokens: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A row that stands out.

    Attributes:
        kind: how.
        curve: its losses.
        usual: median of its neighbours at the last time.
        score: the higher, the clearer; comparable within a kind.
    """

    kind: Kind
    curve: RowCurve
    usual: float
    score: float


def judge(curves: Iterable[RowCurve]) -> list[Judged]:
    """Return the rows that stand out, the likely mislabelled first, the clearest of each first."""
    seen = [c for c in curves if len(c.losses) >= SEEN and all(map(math.isfinite, c.losses))]
    found = [
        judged
        for group in _groups(seen)
        for curve in group.curves
        if (judged := _judged(curve, group)) is not None
    ]
    order = list(Kind)
    return sorted(found, key=lambda j: (order.index(j.kind), -j.score, j.curve.row))


class _Group:
    """Rows, and what is usual among their neighbours each time they are seen."""

    def __init__(self, curves: Sequence[RowCurve], neighbours: Sequence[RowCurve]) -> None:
        self.curves = curves
        times = max(len(curve.losses) for curve in neighbours)
        columns = [[c.losses[k] for c in neighbours if k < len(c.losses)] for k in range(times)]
        self.medians = [median(column) for column in columns]
        self._spreads = [
            _MAD_TO_SIGMA * median(abs(loss - middle) for loss in column)
            for column, middle in zip(columns, self.medians, strict=True)
        ]

    def deviation(self, curve: RowCurve) -> float:
        """Return by how many robust deviations the last loss stands above the median."""
        last = len(curve.losses) - 1
        middle = self.medians[last]
        spread = max(self._spreads[last], _LEAST_SPREAD * middle, 1e-6)
        return (curve.losses[last] - middle) / spread


def _groups(curves: list[RowCurve]) -> list[_Group]:
    if len(curves) < GROUPS * FEWEST:
        return [_Group(curves, curves)] if len(curves) >= FEWEST else []
    lengths = sorted(curve.tokens for curve in curves)
    bounds = [lengths[len(lengths) * i // GROUPS] for i in range(1, GROUPS)]
    parts: list[list[RowCurve]] = [[] for _ in range(GROUPS)]
    for curve in curves:
        parts[bisect_right(bounds, curve.tokens)].append(curve)
    # A part too small to be measured by itself is measured by all
    return [_Group(part, part if len(part) >= FEWEST else curves) for part in parts if part]


def _judged(curve: RowCurve, group: _Group) -> Judged | None:
    first, last, times = curve.losses[0], curve.losses[-1], len(curve.losses)
    usual_first, usual = group.medians[0], group.medians[times - 1]
    deviation = group.deviation(curve)
    usual_fall = usual_first - usual
    learned = usual <= FELL * usual_first
    if learned and deviation > OUTLIER and first - last < usual_fall / 2:
        return Judged(Kind.MISLABELLED, curve, usual, deviation)
    if learned and last >= FELL * first and last > usual:
        return Judged(Kind.NEVER, curve, usual, last - usual)
    second, usual_second = curve.losses[1], group.medians[1]
    if second <= AT_ONCE * first and second < usual_second / 2:
        return Judged(Kind.AT_ONCE, curve, usual, usual_second - second)
    return None

"""The order of a dataset's rows: ids by position, and ranks with gaps to insert into."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from studio.data.packing import Ids

__all__ = ["GAP", "GONE", "Ids", "Order"]

GAP = 1 << 32
"""Between neighbours of an import: 32 halvings before neighbours move, 2**31 rows at most."""
GONE = int(np.iinfo(np.int64).min)
"""Stands for the rank of a row that was taken out."""
_ROOM = 1 << 10
"""Least gap after neighbours were moved apart."""


def _empty() -> Ids:
    return np.empty(0, np.int64)


@dataclass(slots=True, eq=False)
class Order:
    """Row ids in view order with their ranks, (N,) each; a million rows take 16 MB.

    The arrays are never written to, so that another thread may hold them.
    """

    ids: Ids = field(default_factory=_empty)
    ranks: Ids = field(default_factory=_empty)

    def place(self, position: int, count: int) -> tuple[Ids, Ids, Ids]:
        """Find ranks for new rows before a position.

        Returns:
            The new rows' ranks, and ids and new ranks of neighbours that have to move apart.
        """
        low, high = self._bounds(position, position, count)
        if high - low > count:
            return _spread(low, high, count), _empty(), _empty()
        width = 1
        while True:
            width *= 2
            first, last = max(0, position - width), min(len(self.ids), position + width)
            low, high = self._bounds(first, last, count)
            if high - low > (last - first + count + 1) * _ROOM:
                break
        ranks = _spread(low, high, last - first + count)
        before = position - first
        kept = np.concatenate((ranks[:before], ranks[before + count :]))
        return ranks[before : before + count], self.ids[first:last], kept

    def _bounds(self, first: int, last: int, count: int) -> tuple[int, int]:
        """Return the ranks just outside of positions first to last."""
        room = (count + last - first + 1) * GAP
        if not len(self.ids):
            return 0, room
        low = int(self.ranks[first - 1]) if first else int(self.ranks[0]) - room
        high = int(self.ranks[last]) if last < len(self.ids) else int(self.ranks[-1]) + room
        return low, high

    def moved(self, rows: Ids, ranks: Ids) -> Order:
        """Return the order after rows got new ranks; rank GONE takes a row out. O(N)."""
        if not len(rows):
            return self
        keep = self.ids != rows[0] if len(rows) == 1 else ~np.isin(self.ids, rows)
        ids, kept = self.ids[keep], self.ranks[keep]
        placed = ranks != GONE
        if placed.any():
            sort = np.argsort(ranks[placed], kind="stable")
            new_ids, new_ranks = rows[placed][sort], ranks[placed][sort]
            at = np.searchsorted(kept, new_ranks)
            ids, kept = np.insert(ids, at, new_ids), np.insert(kept, at, new_ranks)
        return Order(ids, kept)

    def position(self, rank: int) -> int:
        """Return where the row of a rank is, from 0."""
        return int(np.searchsorted(self.ranks, rank))


def _spread(low: int, high: int, count: int) -> Ids:
    """Return count ranks between two, evenly."""
    return np.array(
        [low + (high - low) * step // (count + 1) for step in range(1, count + 1)], np.int64
    )

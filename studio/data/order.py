"""The order of a dataset's rows: ids by position, and ranks with gaps to insert into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

GAP = 1 << 32
"""Between neighbours of an import: 32 halvings before neighbours move, 2**31 rows at most."""
_ROOM = 1 << 10
"""Least gap after neighbours were moved apart."""


def _empty() -> Ids:
    return np.empty(0, np.int64)


@dataclass(slots=True)
class Order:
    """Row ids in view order with their ranks, (N,) each; a million rows take 16 MB."""

    ids: Ids = field(default_factory=_empty)
    ranks: Ids = field(default_factory=_empty)

    def place(self, position: int, count: int) -> tuple[list[int], dict[int, int]]:
        """Find ranks for new rows before a position.

        Returns:
            The new rows' ranks, and new ranks by id of neighbours that have to move apart.
        """
        low, high = self._bounds(position, position, count)
        if high - low > count:
            return _spread(low, high, count), {}
        width = 1
        while True:
            width *= 2
            first, last = max(0, position - width), min(len(self.ids), position + width)
            low, high = self._bounds(first, last, count)
            if high - low > (last - first + count + 1) * _ROOM:
                break
        ranks = _spread(low, high, last - first + count)
        before = position - first
        kept = ranks[:before] + ranks[before + count :]
        moved = dict(zip(self.ids[first:last].tolist(), kept, strict=True))
        return ranks[before : before + count], moved

    def _bounds(self, first: int, last: int, count: int) -> tuple[int, int]:
        """Return the ranks just outside of positions first to last."""
        room = (count + last - first + 1) * GAP
        if not len(self.ids):
            return 0, room
        low = int(self.ranks[first - 1]) if first else int(self.ranks[0]) - room
        high = int(self.ranks[last]) if last < len(self.ids) else int(self.ranks[-1]) + room
        return low, high

    def moved(self, changed: Sequence[tuple[int, int | None]]) -> Order:
        """Return the order after rows got new ranks; rank None takes a row out. O(N)."""
        if not changed:
            return self
        gone = np.fromiter((row for row, _ in changed), np.int64, len(changed))
        keep = ~np.isin(self.ids, gone)
        ids, ranks = self.ids[keep], self.ranks[keep]
        placed = sorted((rank, row) for row, rank in changed if rank is not None)
        if placed:
            added = np.array(placed, np.int64)
            at = np.searchsorted(ranks, added[:, 0])
            ids, ranks = np.insert(ids, at, added[:, 1]), np.insert(ranks, at, added[:, 0])
        return Order(ids, ranks)

    def position(self, row_id: int) -> int:
        """Return where a row is, from 0.

        Raises:
            KeyError: there is no such row.
        """
        found = np.flatnonzero(self.ids == row_id)
        if not len(found):
            raise KeyError(row_id)
        return int(found[0])


def _spread(low: int, high: int, count: int) -> list[int]:
    """Return count ranks between two, evenly."""
    return [low + (high - low) * step // (count + 1) for step in range(1, count + 1)]

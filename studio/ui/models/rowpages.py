"""What the table of rows keeps in memory: the pages on screen, and where each row stands."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from studio.data.packing import Ids
from studio.data.store import Row

PAGE = 128
MAX_PAGES = 32
FEW = 16
"""Ids up to which looking through all is faster than sorting all."""


class Places:
    """Finds the places of ids in an array (N,); of a few ids in a millisecond for a million."""

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self._rising = bool((ids[1:] > ids[:-1]).all())
        self._sorter: Ids | None = None  # made when many are asked for: it takes a while

    def of(self, row_id: int) -> int:
        """Return the place of an id, -1 if it is not there."""
        return int(self.of_all(np.array([row_id], np.int64))[0])

    def of_all(self, row_ids: Ids) -> Ids:
        """Return the place of each id (M,), -1 for those that are not there."""
        if not len(self.ids):
            return np.full(len(row_ids), -1, np.int64)
        if not self._rising and len(row_ids) <= FEW:
            return np.array([_first(self.ids == row_id) for row_id in row_ids], np.int64)
        if not self._rising and self._sorter is None:
            self._sorter = np.argsort(self.ids)
        at = np.searchsorted(self.ids, row_ids, sorter=self._sorter)
        at = np.minimum(at, len(self.ids) - 1)
        places = at if self._sorter is None else self._sorter[at]
        return np.where(self.ids[places] == row_ids, places, -1)


def _first(fits: npt.NDArray[np.bool_]) -> int:
    at = int(fits.argmax())
    return at if fits[at] else -1


class RowPages:
    """Rows that were read, a page at a time; the page not used for longest is dropped.

    Memory is bounded by ``PAGE * MAX_PAGES`` rows, whatever is scrolled.
    """

    def __init__(self, read: Callable[[Sequence[int]], list[Row]]) -> None:
        self._read = read
        self._pages: OrderedDict[int, list[Row | None]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._pages)

    def clear(self) -> None:
        """Forget all rows."""
        self._pages.clear()

    def row(self, at: int, ids: Ids) -> Row | None:
        """Return the row at a place of ids; None if it is gone or cannot be read."""
        page = at // PAGE
        if page not in self._pages:
            wanted = ids[page * PAGE : (page + 1) * PAGE].tolist()
            found = {row.id: row for row in self._read(wanted)}
            self._pages[page] = [found.get(row_id) for row_id in wanted]
            if len(self._pages) > MAX_PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(page)
        rows = self._pages[page]
        return rows[at % PAGE] if at % PAGE < len(rows) else None

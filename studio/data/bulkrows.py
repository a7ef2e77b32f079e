"""Walking through the rows that something is done with, a page at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from studio.data.packing import Ids
from studio.data.rowreader import Row, RowReader
from studio.data.schema import Stopped

PAGE = 1000
"""Rows read at once."""
Progress = Callable[[int, int], object]
"""Is told the rows done and all rows."""
Cancelled = Callable[[], bool]
Edit = tuple[int, str, str]
"""Row id, field and its new text."""


def rows_of_all(
    data: RowReader, ids: Ids, progress: Progress, cancelled: Cancelled
) -> Iterator[Row]:
    """Yield rows by id (N,), in the order asked.

    Raises:
        Stopped: it was asked to stop.
    """
    for start in range(0, len(ids), PAGE):
        if cancelled():
            raise Stopped(f"Stopped; {data.path.stem} is as before.")
        progress(start, len(ids))
        yield from data.rows_of(ids[start : start + PAGE].tolist())

"""Find and replace over many rows: first every change as a preview, then those that are ticked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from studio.core.example import ExampleError
from studio.core.problems import DataError
from studio.data.bulkrows import Cancelled, Edit, Progress, rows_of_all
from studio.data.order import Ids
from studio.data.passages import passages, with_passages, written_fields
from studio.data.pattern import Hit, Replacer, Wanted, with_hits
from studio.data.rowreader import Row, RowReader
from studio.data.store import Change, Dataset

MOST = 2_000_000
"""Changes that are listed; more cannot be looked through by anybody."""


@dataclass(frozen=True, slots=True)
class Place:
    """One change among those that were found.

    Attributes:
        row: id of the row.
        field: name of the text.
        at: which of the cell's changes it is, from 0.
    """

    row: int
    field: str
    at: int


@dataclass(frozen=True, slots=True)
class Found:
    """Every change of a search; texts are not kept, they are read again for those that are shown.

    Attributes:
        wanted: what was asked for.
        revision: the state of the dataset that was searched.
        fields: names of the texts that were searched.
        rows: id of each cell's row, (C,).
        columns: index into fields of each cell, (C,).
        starts: number of changes before each cell, and of all changes, (C + 1,).
        unreadable: rows whose turns are no JSON and were left alone.
    """

    wanted: Wanted
    revision: int
    fields: tuple[str, ...]
    rows: Ids
    columns: npt.NDArray[np.int8]
    starts: Ids
    unreadable: int = 0

    def __len__(self) -> int:
        return int(self.starts[-1])

    @property
    def row_count(self) -> int:
        """In how many rows something changes."""
        return len(np.unique(self.rows))

    def place(self, change: int) -> Place:
        """Return where a change is, by its number from 0."""
        cell = int(np.searchsorted(self.starts, change, side="right")) - 1
        field = self.fields[int(self.columns[cell])]
        return Place(int(self.rows[cell]), field, change - int(self.starts[cell]))


def search(
    data: RowReader,
    ids: Ids,
    fields: Sequence[str],
    wanted: Wanted,
    progress: Progress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Found:
    """Find every change in some rows and fields.

    Args:
        data: an open dataset; it is read only.
        ids: the rows, (N,), in the order in which changes are to be listed.
        fields: names of texts; what has no passages, such as tools, is left out.
        wanted: what to find and what to put there.
        progress: told the rows done and all rows.
        cancelled: asked between pages.

    Raises:
        DataError: the pattern cannot be used, takes too long, or finds more than can be listed.
        Stopped: it was asked to stop.
    """
    replacer, names = Replacer(wanted), written_fields(fields)
    revision, unreadable, total = data.revision, set[int](), 0
    cells: list[tuple[int, int, int]] = []  # row, column, changes
    for row in rows_of_all(data, ids, progress, cancelled):
        for column, field in enumerate(names):
            try:
                count = _changes(data, row, field, replacer)
            except ExampleError:
                unreadable.add(row.id)
                continue
            if count:
                cells.append((row.id, column, count))
                total += count
        if total > MOST:
            raise DataError(f"There are more than {MOST:,} changes.", "Search for something rarer.")
    rows, columns, starts = _cells(cells)
    return Found(wanted, revision, names, rows, columns, starts, len(unreadable))


def _cells(cells: list[tuple[int, int, int]]) -> tuple[Ids, npt.NDArray[np.int8], Ids]:
    """Return the rows and columns of texts that change, (N,), and where each one's begin, (N + 1,).

    Args:
        cells: row, column and number of changes of each text.
    """
    table = np.asarray(cells, np.int64).reshape(-1, 3)
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(table[:, 2])))
    return table[:, 0], table[:, 1].astype(np.int8), starts


def _changes(data: RowReader, row: Row, field: str, replacer: Replacer) -> int:
    """Return how many changes one text of a row has.

    Raises:
        DataError: the pattern takes too long; which row it was is told.
        ExampleError: the row cannot be read.
    """
    try:
        return sum(len(hits) for hits in hits_of(row, field, replacer))
    except DataError as err:
        where = f"It was the {field} of row {data.position(row.id) + 1:,}."
        raise DataError(f"{err.summary} {where}", err.hint) from err


def replace(
    data: Dataset,
    found: Found,
    ticked: npt.NDArray[np.bool_],
    progress: Progress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Change:
    """Make those changes that are ticked (N,), as one step.

    Raises:
        DataError: the dataset is another than was searched, or a text cannot be stored.
        Stopped: it was asked to stop; nothing is changed.
    """
    if data.revision != found.revision:
        raise DataError("Rows were changed since the search.", "Search again, then replace.")
    edits = _edits(data, found, ticked, progress, cancelled)
    return data.edit_cells(found.wanted.name, edits)


def hits_of(row: Row, field: str, replacer: Replacer) -> list[list[Hit]]:
    """Return the hits in each passage of a cell.

    Raises:
        ExampleError: the turns are no JSON.
        DataError: the pattern took too long.
    """
    return [replacer.hits(passage) for passage in passages(field, row.text(field))]


def _edits(
    data: RowReader,
    found: Found,
    ticked: npt.NDArray[np.bool_],
    progress: Progress,
    cancelled: Cancelled,
) -> Iterator[Edit]:
    replacer, cell = Replacer(found.wanted), 0
    ids = found.rows[np.diff(found.rows, prepend=-1) != 0]  # each once, in order
    for row in rows_of_all(data, ids, progress, cancelled):
        while cell < len(found.rows) and found.rows[cell] == row.id:
            field = found.fields[int(found.columns[cell])]
            wanted = ticked[found.starts[cell] : found.starts[cell + 1]]
            if wanted.any():
                yield row.id, field, _replaced(row, field, replacer, iter(wanted.tolist()))
            cell += 1


def _replaced(row: Row, field: str, replacer: Replacer, wanted: Iterator[bool]) -> str:
    old = row.text(field)
    new = [
        with_hits(passage, [hit for hit in hits if next(wanted)])
        for passage, hits in zip(passages(field, old), hits_of(row, field, replacer), strict=True)
    ]
    return with_passages(field, old, new)

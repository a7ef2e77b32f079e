"""Named steps of changes to a dataset: written in one piece, taken back and done again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np

from studio.data import schema, wordindex
from studio.data.freezing import refuse_frozen
from studio.data.journal import NOTHING, SPLIT, Bulk, Change, Journal
from studio.data.marks import Marks
from studio.data.packing import Ids, rising
from studio.data.rowreader import RowReader
from studio.data.tables import all_or_nothing


class NothingToDo(Exception):
    """Raised within a transaction that turns out to change nothing; ends it without a trace."""


class StepWriter(RowReader):
    """Writes steps; after an error the file and this object are as before."""

    def __init__(
        self, path: Path, connection: sqlite3.Connection, marks: Marks | None = None
    ) -> None:
        super().__init__(path, connection, marks)
        self._journal = Journal(connection)

    def undo(self) -> Change | None:
        """Take the last step back; None if there is nothing to take back."""
        return self._replay(back=True)

    def redo(self) -> Change | None:
        """Do the step that was taken back again; None if there is none."""
        return self._replay(back=False)

    @property
    def undo_size(self) -> int:
        """How many cells and marks undo would change."""
        with schema.explained(self.path):
            return self._journal.size(self._journal.last(undone=False))

    @property
    def redo_size(self) -> int:
        """How many cells and marks redo would change."""
        with schema.explained(self.path):
            return self._journal.size(self._journal.last(undone=True))

    @property
    def undo_text(self) -> str:
        """The name of the step that undo takes back; empty if there is none."""
        with schema.explained(self.path):
            return self._journal.name(self._journal.last(undone=False))

    @property
    def redo_text(self) -> str:
        """The name of the step that redo does again; empty if there is none."""
        with schema.explained(self.path):
            return self._journal.name(self._journal.last(undone=True))

    def _bulk_step(self, name: str, bulks: list[Bulk]) -> Change:
        bulks = [bulk for bulk in bulks if len(bulk.rows)]
        if not bulks:
            return NOTHING
        refuse_frozen(self.frozen_splits(), self._marks, bulks)
        with self._transaction():
            step = self._journal.begin(name)
            for bulk in bulks:
                self._journal.set_bulk(step, bulk)
        self._take(bulks)
        return Change(name, _joined(bulks), frozenset(bulk.field for bulk in bulks))

    def _replay(self, *, back: bool) -> Change | None:
        with self._transaction():
            step = self._journal.last(undone=not back)
            if step is None:
                return None
            bulks = self._journal.replay(step, back=back)
            refuse_frozen(self.frozen_splits(), self._marks, bulks)
            rows, fields = self._journal.cells_of(step)
            name = self._journal.name(step)
        self._take(bulks)
        fields |= {bulk.field for bulk in bulks}
        return Change(name, rising(np.concatenate((rows, _joined(bulks)))), fields)

    def _take(self, bulks: Iterable[Bulk]) -> None:
        """Let what is held in memory follow what was written."""
        for bulk in bulks:
            if isinstance(bulk.after, np.ndarray):
                self._marks = self._marks.moved(bulk.rows, bulk.after)
            elif bulk.field == SPLIT:
                self._marks = self._marks.assigned(bulk.rows, str(bulk.after))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        schema.require_same(self.path, self._file)
        try:
            with schema.explained(self.path), suppress(NothingToDo), all_or_nothing(self._sql):
                yield
        except schema.WordsDamaged:
            wordindex.drop(self.path)
            raise


def _joined(bulks: Iterable[Bulk]) -> Ids:
    found = np.empty(0, np.int64)
    for bulk in bulks:
        found = rising(np.concatenate((found, bulk.rows))) if len(found) else bulk.rows
    return found

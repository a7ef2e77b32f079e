"""A dataset: an editable table of triples in one SQLite file, with its undo journal.

Rows are found by id; where a row stands is kept in an index array, so that a page of a million
rows is read as fast as one of ten. Text is stored as it came and never altered.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from studio.core.example import SPLITS, TRAIN, Triple
from studio.core.problems import DataError
from studio.data import schema
from studio.data.journal import Change, Journal
from studio.data.rowreader import TEXT_COLUMNS, Row, RowReader

__all__ = ["TEXT_COLUMNS", "Change", "Dataset", "Row"]


class Dataset(RowReader):
    """A dataset file that is open in this thread.

    Every method that reads or writes the file raises DataError or DiskFullError as a sentence;
    after an error the file and this object are as they were before the call.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection)
        self._journal = Journal(connection)

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make an empty dataset file.

        Raises:
            DataError: there is one already, or the place cannot be written to.
        """
        made = schema.create(path)
        with schema.explained(path):
            schema.add_indexes(made)
            made.close()
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Self:
        """Open a dataset file; edits made before a crash are there.

        Raises:
            DataError: it is missing, locked, damaged, or no dataset.
        """
        connection = schema.connect(path, read_only=read_only)
        try:
            made = cls(path, connection)
            if not read_only:
                made._sweep()
        except BaseException:
            connection.close()
            raise
        return made

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._sql.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Writing: each is one named step that survives the end of the process

    def edit(self, row_id: int, column: str, text: str, *, merge: bool = False) -> Change:
        """Set a text of a row; with merge it joins the last step if that edited the same cell.

        Raises:
            DataError: no such row or column, or the text cannot be stored.
        """
        self._check_text(column, text)
        if getattr(self.row(row_id), column) == text:
            return Change("", ())
        with self._transaction():
            step = self._journal.extend(row_id, column, text) if merge else 0
            if not step:
                step = self._journal.begin(f"Edit {column}")
                self._journal.set_cells(step, column, [(row_id, text)])
            return self._journal.change(step)

    def insert(
        self, position: int, triples: Iterable[Triple], split: str = TRAIN, *, name: str = ""
    ) -> Change:
        """Put new rows before a position; the change's rows are their ids, in order."""
        new = list(triples)
        for triple in new:
            for column in TEXT_COLUMNS:
                self._check_text(column, getattr(triple, column))
        ranks, moved = self._order.place(position, len(new))
        with self._transaction():
            step = self._journal.begin(name or _counted("Add", len(new)))
            self._journal.set_cells(step, "rank", moved.items())
            added = tuple(
                self._journal.add_row(
                    step, rank, (t.instruction, t.input, t.output, split, None, None, None)
                )
                for rank, t in zip(ranks, new, strict=True)
            )
            change = self._journal.change(step)
        self._order = self._order.moved(change.ranks)
        return Change(change.name, added, change.ranks)

    def delete(self, row_ids: Iterable[int]) -> Change:
        """Take rows out; they come back with undo."""
        rows = [int(row) for row in row_ids]
        return self._set_all(_counted("Delete", len(rows)), "rank", rows, None)

    def set_split(self, row_ids: Iterable[int], split: str, *, name: str = "") -> Change:
        """Put rows into a split.

        Raises:
            DataError: there is no such split.
        """
        if split not in SPLITS:
            raise DataError(f"{split!r} is not a split; there are {', '.join(SPLITS)}.")
        rows = [int(row) for row in row_ids]
        return self._set_all(name or f"Use {len(rows):,} as {split}", "split", rows, split)

    def undo(self) -> Change | None:
        """Take the last step back; None if there is nothing to take back."""
        return self._replay(back=True)

    def redo(self) -> Change | None:
        """Do the step that was taken back again; None if there is none."""
        return self._replay(back=False)

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

    def _set_all(self, name: str, field: str, rows: list[int], value: str | None) -> Change:
        with self._transaction():
            step = self._journal.begin(name)
            self._journal.set_all(step, field, rows, value)
            change = self._journal.change(step)
        self._order = self._order.moved(change.ranks)
        return change

    def _replay(self, *, back: bool) -> Change | None:
        with self._transaction():
            step = self._journal.last(undone=not back)
            if step is None:
                return None
            self._journal.replay(step, back=back)
            change = self._journal.change(step)
        self._order = self._order.moved(change.ranks)
        return change

    def _check_text(self, column: str, text: str) -> None:
        if column not in TEXT_COLUMNS:
            raise DataError(f"{column!r} is not a column; there are {', '.join(TEXT_COLUMNS)}.")
        try:
            text.encode()
        except UnicodeEncodeError as err:
            raise DataError(
                f"The text holds half of a character at position {err.start + 1}.",
                "Delete that character and type it again.",
            ) from err

    def _sweep(self) -> None:
        with self._transaction():
            self._journal.sweep()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with schema.explained(self.path):
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._sql.execute("COMMIT")
            except BaseException:
                if self._sql.in_transaction:  # SQLite ends it itself when the disk is full
                    self._sql.execute("ROLLBACK")
                raise


def _counted(verb: str, count: int) -> str:
    return f"{verb} a row" if count == 1 else f"{verb} {count:,} rows"

"""A dataset: an editable table of examples in one SQLite file, with its undo journal.

Rows are found by id; where a row stands is kept in arrays, so that a page of a million rows is
read as fast as one of ten. Text is stored as it came and never altered.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from studio.core.example import Kind
from studio.data import schema
from studio.data.journal import Change
from studio.data.rowreader import LeftOut, Row
from studio.data.rowwriter import RowWriter

__all__ = ["Change", "Dataset", "LeftOut", "Row"]

_SWEPT = 20_000
"""Rows gone for good that are dropped from the file at one opening."""


class Dataset(RowWriter):
    """A dataset file that is open in this thread.

    Every method that reads or writes the file raises DataError or DiskFullError as a sentence;
    after an error the file and this object are as they were before the call.
    """

    @classmethod
    def create(cls, path: Path, kind: Kind = Kind.TRIPLE) -> Self:
        """Make an empty dataset file.

        Raises:
            DataError: there is one already, or the place cannot be written to.
        """
        schema.create(path, kind).close()
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, read_only: bool = False) -> Self:
        """Open a dataset file; edits made before a crash are there.

        Raises:
            DataError: it is missing, locked, damaged, no dataset or of another studio's format.
        """
        connection = schema.connect(path, read_only=read_only)
        try:
            made = cls(path, connection)
            if not read_only:
                with made._transaction():
                    made._journal.sweep(_SWEPT)
        except BaseException:
            connection.close()
            raise
        return made

    # What is kept with a dataset and is no step

    def filters(self) -> dict[str, str]:
        """Return the saved filters, name to expression."""
        return dict(self.select("SELECT name, expression FROM filters ORDER BY name"))

    def save_filter(self, name: str, expression: str) -> None:
        """Keep a filter under a name, in place of one of that name."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO filters VALUES (?, ?)", (name, expression))

    def drop_filter(self, name: str) -> None:
        """Forget a saved filter."""
        with self._transaction():
            self._sql.execute("DELETE FROM filters WHERE name = ?", (name,))

    def mark_fixed(self, left_out: int, row_id: int) -> None:
        """Say which row was made of something that was left out; 0 that none will be."""
        with self._transaction():
            self._sql.execute("UPDATE left_out SET fixed = ? WHERE id = ?", (row_id, left_out))

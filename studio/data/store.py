"""A dataset: an editable table of examples in one SQLite file, with its undo journal.

Rows are found by id; where a row stands is kept in arrays, so that a page of a million rows is
read as fast as one of ten. Text is stored as it came and never altered.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from studio.core.example import Kind
from studio.core.problems import StudioError
from studio.data import datasetlock, schema
from studio.data.freezing import FACT
from studio.data.journal import Change
from studio.data.marks import Marks, write_snapshot
from studio.data.migration import bring_up_to_date
from studio.data.rowreader import LeftOut, Row
from studio.data.rowwriter import RowWriter, check_split
from studio.machine.locks import RunLock

logger = logging.getLogger(__name__)

__all__ = ["Change", "Dataset", "LeftOut", "Row", "glance"]

_OPS = 20_000
"""Instructions of SQLite, some milliseconds of work, between two looks at cancel."""


class Dataset(RowWriter):
    """A dataset file that is open in this thread.

    Every method that reads or writes the file raises DataError or DiskFullError as a sentence;
    after an error the file and this object are as they were before the call.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        marks: Marks | None = None,
        lock: RunLock | None = None,
    ) -> None:
        super().__init__(path, connection, marks)
        self._lock = lock

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

        One that an earlier studio made is brought up to date, unless it is only to be read.

        Raises:
            DataError: it is missing, damaged, no dataset, open for editing elsewhere, or of
                another format.
        """
        schema.require(path)
        with ExitStack() as undoing:
            lock = None
            if not read_only:
                lock = undoing.enter_context(datasetlock.hold(path))
                bring_up_to_date(path)
            connection = schema.connect(path, read_only=read_only)
            undoing.callback(connection.close)
            made = cls(path, connection, lock=lock)
            undoing.pop_all()
        return made

    def close(self) -> None:
        """Close the file; safe to call twice."""
        lock, self._lock = self._lock, None
        try:
            if lock is not None:
                self._settle()
        finally:
            super().close()
            if lock is not None:
                lock.release()

    def _settle(self) -> None:
        """Leave the file so that the next opening is fast; what fails here is lost time alone."""
        try:
            with self._transaction():
                self._journal.sweep()
                write_snapshot(self._sql, self._marks)
        except StudioError as problem:
            logger.info("no snapshot of %s: %s", self.path, problem.summary)

    # Working on a dataset from another thread

    def twin(self, cancelled: Callable[[], bool] | None = None) -> Self:
        """Return this dataset with a connection of its own, to write to in the calling thread.

        The original must not be written to until it has called :meth:`follow`.

        Args:
            cancelled: asked now and then; True ends what the twin is doing with
                :class:`~studio.data.schema.Stopped`, and nothing of it is done.
        """
        schema.require_same(self.path, self._file)
        connection = schema.connect(self.path)
        if cancelled is not None:
            connection.set_progress_handler(lambda: int(cancelled()), _OPS)
        return type(self)(self.path, connection, self._marks)

    def follow(self, twin: Self) -> None:
        """Take over where a twin left off; the twin may be closed already."""
        self._marks = twin._marks

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

    def remember(self, name: str, value: str) -> None:
        """Keep a fact about the dataset under a name."""
        with self._transaction():
            self._sql.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def freeze_split(self, split: str, on: bool) -> None:
        """Let no row join or leave a split from now on, or let them again.

        Raises:
            DataError: there is no such split.
        """
        check_split(split)
        others = self.frozen_splits() - {split}
        self.remember(FACT, " ".join(sorted(others | {split} if on else others)))

    def mark_fixed(
        self,
        left_out: int,
        row_id: int | None,
        tags: Iterable[str] = (),
        extra: str | None = None,
        raw: bytes | None = None,
    ) -> None:
        """Say which row was made of something that was left out, and what stands beside the row.

        Args:
            left_out: the id of what was left out.
            row_id: the row; 0 if none will be made, None if that is open again.
            tags: of the row.
            extra: its other columns as JSON.
            raw: the mended line.
        """
        with self._transaction():
            self._sql.execute("UPDATE left_out SET fixed = ? WHERE id = ?", (row_id, left_out))
            self._sql.execute(
                "UPDATE rows SET extra = ?, raw = ?, source ="
                " (SELECT source FROM left_out WHERE id = ?) WHERE id = ?",
                (extra, raw, left_out, row_id or 0),
            )
            self._sql.executemany(
                "INSERT OR IGNORE INTO tagged VALUES (?, ?)", [(row_id, tag) for tag in tags]
            )


def glance(path: Path) -> tuple[int, Kind]:
    """Return the number of rows and the kind of a dataset of any format, opened for no more.

    Raises:
        DataError: it is missing, damaged or no dataset.
    """
    with schema.looked_at(path) as (connection, version):
        table = "marks" if version > 1 else "rows"
        asked = f"SELECT COUNT(*) FROM {table} WHERE rank IS NOT NULL"
        rows = int(connection.execute(asked).fetchone()[0])
        if version == 1:
            return rows, Kind.TRIPLE
        asked = "SELECT value FROM facts WHERE name = 'kind'"
        return rows, Kind(connection.execute(asked).fetchone()[0])

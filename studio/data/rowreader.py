"""Reading a dataset: rows by id and by position, searching, counting; never by OFFSET."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from studio.core.example import FIELDS, Kind
from studio.core.problems import DataError
from studio.data import schema
from studio.data.freezing import FACT
from studio.data.marks import Marks, read_marks
from studio.data.packing import Ids
from studio.data.row import LeftOut, Row

__all__ = ["LeftOut", "Row", "RowReader"]

_PAGE = 1000
"""Rows read at once when all are walked through."""
FEW = 2000
"""Ids that are looked up one by one rather than by reading all."""


class RowReader:
    """The reading half of a dataset; every method may raise DataError as a sentence.

    A reader belongs to the thread it was made in; see :meth:`reader` for another thread.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, marks: Marks | None = None
    ) -> None:
        self.path = path
        self._sql = connection
        self._file = schema.identity(path)
        with schema.explained(path):
            self.kind = Kind(self._fact("kind"))
            self.uid = str(self._fact("uid"))
            self._marks = read_marks(connection) if marks is None else marks

    def reader(self) -> RowReader:
        """Return a reader of the same rows with a connection of its own.

        May be called in another thread, whose the reader then is; it sees rows in the order that
        they had when it was made. Whoever calls this closes it.
        """
        schema.require_same(self.path, self._file)
        connection = schema.connect(self.path, read_only=True)
        return RowReader(self.path, connection, self._marks)

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._sql.close()

    @contextmanager
    def held_still(self) -> Iterator[None]:
        """Let all that is read inside be of one moment, whoever writes meanwhile."""
        with schema.explained(self.path):
            self._sql.execute("BEGIN")
        try:
            self._marks = read_marks(self._sql)
            yield
        finally:
            self._sql.execute("ROLLBACK")  # nothing was written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self._marks.order.ids)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of a row's texts."""
        return FIELDS[self.kind]

    @property
    def ids(self) -> Ids:
        """Row ids in order, (N,); not to be written to."""
        return self._marks.order.ids

    @property
    def revision(self) -> int:
        """Counts the changes of this dataset since it was made."""
        return int(self._fact("revision"))

    def read(self, start: int, stop: int) -> list[Row]:
        """Return the rows at positions start to stop."""
        return self.rows_of(self.ids[start:stop].tolist())

    def rows_of(self, row_ids: Sequence[int]) -> list[Row]:
        """Return rows by id, in the order asked; ids that are gone are left out."""
        asked = (json.dumps([int(row) for row in row_ids]),)
        among = "IN (SELECT value FROM json_each(?))"
        texts = ", ".join(f"rows.{field}" for field in self.fields)
        found = self.select(
            f"SELECT rows.id, split, stamp, {texts} FROM rows JOIN marks ON marks.id = rows.id"
            f" WHERE rows.id {among} AND rank IS NOT NULL",
            asked,
        )
        tags: dict[int, list[str]] = {}
        for row, tag in self.select(f"SELECT row, tag FROM tagged WHERE row {among}", asked):
            tags.setdefault(row, []).append(tag)
        notes = dict(self.select(f"SELECT row, text FROM notes WHERE row {among}", asked))
        by_id = {
            row: Row(
                row,
                self.kind,
                tuple(cells),
                split,
                tuple(sorted(tags.get(row, ()))),
                notes.get(row, ""),
                stamp,
            )
            for row, split, stamp, *cells in found
        }
        return [by_id[row] for row in row_ids if row in by_id]

    def row(self, row_id: int) -> Row:
        """Return a row by id.

        Raises:
            DataError: there is no such row.
        """
        found = self.rows_of([row_id])
        if not found:
            raise self._no_row(row_id)
        return found[0]

    def rows(self) -> Iterator[Row]:
        """Yield all rows in order."""
        ids = self.ids
        for start in range(0, len(ids), _PAGE):
            yield from self.rows_of(ids[start : start + _PAGE].tolist())

    def position(self, row_id: int) -> int:
        """Return where a row is, from 0.

        Raises:
            DataError: there is no such row.
        """
        found = self.select("SELECT rank FROM marks WHERE id = ?", (int(row_id),))
        if not found or found[0][0] is None:
            raise self._no_row(row_id)
        return self._marks.order.position(found[0][0])

    def split_counts(self) -> dict[str, int]:
        """Return the number of rows of each split."""
        return self._marks.counts()

    def tag_counts(self) -> dict[str, int]:
        """Return the number of rows with each tag, sorted by tag."""
        return dict(
            self.select(
                "SELECT tag, COUNT(*) FROM tagged"
                " WHERE row NOT IN (SELECT id FROM marks WHERE rank IS NULL) GROUP BY tag"
            )
        )

    def stamps(self, row_ids: Ids) -> Ids:
        """Return the stamp of each row (N,), as :class:`Row` has it."""
        if len(row_ids) <= FEW:
            listed = json.dumps(row_ids.tolist())
            found = self.select(
                "SELECT id, stamp FROM marks WHERE id IN (SELECT value FROM json_each(?))",
                (listed,),
            )
        else:
            found = self.select("SELECT id, stamp FROM marks WHERE stamp <> 0")
        by_id = dict(found)
        return np.fromiter((by_id.get(row, 0) for row in row_ids.tolist()), np.int64)

    def find(self, text: str = "", split: str = "") -> Ids:
        """Return the ids of rows that hold a text (any case in ASCII) and are in a split, in order."""
        ids = self._marks.rows_in(split) if split else self.ids
        if not text:
            return ids
        pattern = "%" + "".join("\\" + c if c in "%_\\" else c for c in text) + "%"
        texts = " OR ".join(f"{field} LIKE :text ESCAPE '\\'" for field in self.fields)
        chosen = self.select_ids(f"SELECT id FROM rows WHERE {texts}", {"text": pattern})
        return ids[np.isin(ids, chosen)]

    def select(
        self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT over the tables of the schema.

        Deleted rows are among them; ``marks.rank IS NOT NULL`` tells those that are there, and
        what is asked for by id can be cut with :attr:`ids`.
        """
        with schema.explained(self.path):
            return self._sql.execute(sql, values).fetchall()

    def select_ids(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Ids:
        """Return the one column of whole numbers that a SELECT gives, (N,)."""
        with schema.explained(self.path):
            return np.fromiter((row for (row,) in self._sql.execute(sql, values)), np.int64)

    def fingerprint(self) -> str:
        """Return the SHA-256 of all texts and splits in order; the same rows give the same."""
        digest = hashlib.sha256()
        for row in self.rows():
            for part in (row.split, *row.texts):
                data = part.encode()
                digest.update(len(data).to_bytes(8, "little"))
                digest.update(data)
        return digest.hexdigest()

    def originals(self, row_ids: Sequence[int]) -> dict[int, tuple[bytes | None, str | None, int]]:
        """Return by id of a row: the line it was read from, its other columns as JSON, its source."""
        found = self.select(
            "SELECT id, raw, extra, source FROM rows WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(row_ids)),),
        )
        return {row: (raw, extra, source or 0) for row, raw, extra, source in found}

    def left_out(self) -> list[LeftOut]:
        """Return what imports could not take in."""
        found = self.select(
            "SELECT id, source, line, byte, reason, preview, fixed FROM left_out ORDER BY id"
        )
        return [LeftOut(*values) for values in found]

    def left_out_raw(self, left_out: int) -> bytes | None:
        """Return the whole of something that was left out, if it was kept."""
        found = self.select("SELECT raw FROM left_out WHERE id = ?", (left_out,))
        return found[0][0] if found else None

    def remembered(self, name: str) -> str:
        """Return what was remembered under a name; empty if nothing was."""
        found = self.select("SELECT value FROM facts WHERE name = ?", (name,))
        return str(found[0][0]) if found else ""

    def frozen_splits(self) -> frozenset[str]:
        """Return the splits that no row joins or leaves."""
        return frozenset(self.remembered(FACT).split())

    def _no_row(self, row_id: int) -> DataError:
        return DataError(f"There is no row {row_id} in {self.path.stem}.")

    def _fact(self, name: str) -> Any:
        return self.select("SELECT value FROM facts WHERE name = ?", (name,))[0][0]

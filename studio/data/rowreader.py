"""Reading a dataset: rows by id and by position, searching, counting; never by OFFSET."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.example import SPLITS, Triple
from studio.core.problems import DataError
from studio.data import schema
from studio.data.order import Ids, Order

TEXT_COLUMNS = ("instruction", "input", "output")
_PAGE = 1000
"""Rows read at once when all are walked through."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is in the file."""

    id: int
    instruction: str
    input: str
    output: str
    split: str

    @property
    def triple(self) -> Triple:
        """The row as an example."""
        return Triple(self.instruction, self.input, self.output)


class RowReader:
    """The reading half of a dataset; every method may raise DataError as a sentence."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._sql = connection
        with schema.explained(path):
            self._order = self._read_order()

    def __len__(self) -> int:
        return len(self._order.ids)

    @property
    def ids(self) -> Ids:
        """Row ids in order, (N,); not to be written to."""
        return self._order.ids

    @property
    def revision(self) -> int:
        """Counts the changes of this dataset since it was made."""
        return int(self._fact("revision", "0"))

    def read(self, start: int, stop: int) -> list[Row]:
        """Return the rows at positions start to stop."""
        return self.rows_of(self._order.ids[start:stop].tolist())

    def rows_of(self, row_ids: Sequence[int]) -> list[Row]:
        """Return rows by id, in the order asked; ids that are gone are left out."""
        with schema.explained(self.path):
            found = self._sql.execute(
                "SELECT id, instruction, input, output, split FROM rows"
                " WHERE id IN (SELECT value FROM json_each(?)) AND rank IS NOT NULL",
                (json.dumps(list(row_ids)),),
            ).fetchall()
        by_id = {cells[0]: Row(*cells) for cells in found}
        return [by_id[row] for row in row_ids if row in by_id]

    def row(self, row_id: int) -> Row:
        """Return a row by id.

        Raises:
            DataError: there is no such row.
        """
        found = self.rows_of([row_id])
        if not found:
            raise DataError(f"There is no row {row_id} in {self.path.stem}.")
        return found[0]

    def rows(self) -> Iterator[Row]:
        """Yield all rows in order."""
        ids = self._order.ids
        for start in range(0, len(ids), _PAGE):
            yield from self.rows_of(ids[start : start + _PAGE].tolist())

    def position(self, row_id: int) -> int:
        """Return where a row is, from 0.

        Raises:
            DataError: there is no such row.
        """
        try:
            return self._order.position(row_id)
        except KeyError as err:
            raise DataError(f"There is no row {row_id} in {self.path.stem}.") from err

    def split_counts(self) -> dict[str, int]:
        """Return the number of rows of each split."""
        with schema.explained(self.path):
            found = self._sql.execute(
                "SELECT split, COUNT(*) FROM rows WHERE rank IS NOT NULL GROUP BY split"
            ).fetchall()
        return dict.fromkeys(SPLITS, 0) | dict(found)

    def find(self, text: str = "", split: str = "") -> Ids:
        """Return the ids of rows that hold a text (any case in ASCII) and are in a split, in order."""
        if not text and not split:
            return self._order.ids
        pattern = "%" + "".join("\\" + c if c in "%_\\" else c for c in text) + "%"
        texts = " OR ".join(f"{column} LIKE :text ESCAPE '\\'" for column in TEXT_COLUMNS)
        where = [f"({texts})"] * bool(text) + ["split = :split"] * bool(split)
        with schema.explained(self.path):
            found = self._sql.execute(
                f"SELECT id FROM rows WHERE rank IS NOT NULL AND {' AND '.join(where)}",
                {"text": pattern, "split": split},
            )
            chosen = np.fromiter((row for (row,) in found), np.int64)
        return self._order.ids[np.isin(self._order.ids, chosen)]

    def fingerprint(self) -> str:
        """Return the SHA-256 of all texts and splits in order; the same rows give the same."""
        digest = hashlib.sha256()
        for row in self.rows():
            for part in (row.split, row.instruction, row.input, row.output):
                data = part.encode()
                digest.update(len(data).to_bytes(8, "little"))
                digest.update(data)
        return digest.hexdigest()

    def originals(self, row_ids: Sequence[int]) -> dict[int, tuple[bytes | None, str | None, int]]:
        """Return by id of a row: the line it was read from, its other columns as JSON, its source."""
        with schema.explained(self.path):
            found = self._sql.execute(
                "SELECT id, raw, extra, source FROM rows"
                " WHERE id IN (SELECT value FROM json_each(?))",
                (json.dumps(list(row_ids)),),
            ).fetchall()
        return {row: (raw, extra, source or 0) for row, raw, extra, source in found}

    def mappings(self) -> dict[int, dict[str, str]]:
        """Return by source: which column of the file went where."""
        with schema.explained(self.path):
            found = self._sql.execute("SELECT id, mapping FROM sources").fetchall()
        return {source: json.loads(mapping) for source, mapping in found}

    def left_out(self) -> list[tuple[int, int, str, str]]:
        """Return (line, byte, reason, preview) of what imports could not take in."""
        with schema.explained(self.path):
            return self._sql.execute(
                "SELECT line, byte, reason, preview FROM left_out ORDER BY id"
            ).fetchall()

    def _read_order(self) -> Order:
        found = self._sql.execute("SELECT id, rank FROM rows WHERE rank IS NOT NULL ORDER BY rank")
        pairs = np.array(found.fetchall(), np.int64).reshape(-1, 2)
        return Order(pairs[:, 0].copy(), pairs[:, 1].copy())

    def _fact(self, name: str, otherwise: str) -> str:
        with schema.explained(self.path):
            found = self._sql.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(found[0]) if found else otherwise

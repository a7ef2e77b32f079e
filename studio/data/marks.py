"""Where each row stands and which split it is in, held in memory as arrays.

A list of a million rows is answered from 17 MB without reading the file; a snapshot of the arrays
in the file makes opening it a matter of milliseconds.
"""

from __future__ import annotations

import logging
import sqlite3
import zlib
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from studio.core.example import SPLITS
from studio.data.order import Order
from studio.data.packing import Ids, pack, unpack

logger = logging.getLogger(__name__)

Codes = npt.NDArray[np.uint8]
"""Places in ``SPLITS`` by row id; what stands at the id of no row means nothing."""

_CODE = "CASE split " + " ".join(f"WHEN '{s}' THEN {i}" for i, s in enumerate(SPLITS)) + " END"


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The order of the rows and the split of each; never written to, so threads may share it."""

    order: Order = field(default_factory=Order)
    codes: Codes = field(default_factory=lambda: np.zeros(1, np.uint8))

    def counts(self) -> dict[str, int]:
        """Return the number of rows of each split."""
        found = np.bincount(self.codes[self.order.ids], minlength=len(SPLITS))
        return dict(zip(SPLITS, found.tolist(), strict=True))

    def rows_in(self, split: str) -> Ids:
        """Return the ids of a split's rows, in order."""
        ids = self.order.ids
        return ids[self.codes[ids] == SPLITS.index(split)] if split in SPLITS else ids[:0]

    def known(self, rows: Ids) -> tuple[Ids, Ids]:
        """Return those of some ids that are rows, rising and each once, and their ranks."""
        ids, ranks = self.order.ids, self.order.ranks
        found = ids == rows[0] if len(rows) == 1 else np.isin(ids, rows)
        sort = np.argsort(ids[found], kind="stable")
        return ids[found][sort], ranks[found][sort]

    def moved(self, rows: Ids, ranks: Ids) -> Marks:
        """Return the marks after rows got new ranks."""
        return Marks(self.order.moved(rows, ranks), self.codes)

    def assigned(self, rows: Ids, split: str) -> Marks:
        """Return the marks after rows, or ids that become rows, were put into a split."""
        top = int(rows.max(initial=0))
        codes = np.zeros(max(top + 1, len(self.codes)), np.uint8)
        codes[: len(self.codes)] = self.codes
        codes[rows] = SPLITS.index(split)
        return Marks(self.order, codes)


def read_marks(connection: sqlite3.Connection) -> Marks:
    """Return the marks of a dataset, from its snapshot if nothing moved since that was taken."""
    kept = _snapshot(connection)
    if kept is not None:
        return kept
    rows = np.fromiter(
        connection.execute(f"SELECT id, IFNULL(rank, 0), rank IS NULL, {_CODE} FROM marks"),
        [("id", np.int64), ("rank", np.int64), ("out", np.bool_), ("split", np.uint8)],
    )
    codes = np.zeros(int(rows["id"].max(initial=0)) + 1, np.uint8)
    codes[rows["id"]] = rows["split"]
    rows = rows[~rows["out"]]
    sort = np.argsort(rows["rank"], kind="stable")
    return Marks(Order(rows["id"][sort], rows["rank"][sort]), codes)


def _snapshot(connection: sqlite3.Connection) -> Marks | None:
    """Return the marks as they were kept; None if they are of another time, or damaged."""
    found = connection.execute(
        "SELECT ids, ranks, splits FROM snapshot"
        " WHERE revision = (SELECT value FROM facts WHERE name = 'order')"
    ).fetchone()
    if found is None:
        return None
    try:
        ids, ranks = unpack(found[0]), unpack(found[1])
        codes = np.frombuffer(zlib.decompress(found[2]), np.uint8)
    except (zlib.error, ValueError, TypeError) as err:
        logger.warning("the kept order of the rows is damaged and worked out again: %s", err)
        return None
    if len(ids) != len(ranks) or not 0 <= ids.min(initial=0) <= ids.max(initial=0) < len(codes):
        logger.warning("the kept order of the rows does not fit and is worked out again")
        return None
    return Marks(Order(ids, ranks), codes)


def write_snapshot(connection: sqlite3.Connection, marks: Marks) -> None:
    """Keep the marks beside the rows; true as long as the file's order is not counted up."""
    connection.execute(
        "DELETE FROM snapshot WHERE revision <> (SELECT value FROM facts WHERE name = 'order')"
    )
    connection.execute(
        "INSERT OR IGNORE INTO snapshot SELECT value, ?, ?, ? FROM facts WHERE name = 'order'",
        (
            pack(marks.order.ids),
            pack(marks.order.ranks),
            zlib.compress(np.ascontiguousarray(marks.codes).tobytes(), 1),
        ),
    )

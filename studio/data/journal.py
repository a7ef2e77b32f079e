"""The undo journal of a dataset: named steps of cell changes, in the dataset's own file.

A row that is deleted only loses its rank, and one that is added only gets one, so every step is a
list of (row, field, before, after) and is taken back and done again by the same two statements.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

KEPT_STEPS = 1000
FIELDS = ("instruction", "input", "output", "split", "rank")
"""The columns of a row that a step may change."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a step, its undo or its redo did.

    Attributes:
        name: of the step, such as "Delete 14 rows".
        rows: ids of the rows whose cells changed, or that came or went.
        ranks: new rank by row id, None for rows that went; empty if the order stayed.
    """

    name: str
    rows: tuple[int, ...]
    ranks: tuple[tuple[int, int | None], ...] = ()


class Journal:
    """Records and replays steps on a connection; the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def begin(self, name: str) -> int:
        """Start a step and return its id; what could be redone is forgotten, and the oldest."""
        self._count_up()
        forgotten = "SELECT id FROM steps WHERE undone = 1"
        self._forget(forgotten, ())
        made = self._sql.execute("INSERT INTO steps(name, undone) VALUES (?, 0)", (name,))
        step = int(made.lastrowid or 0)
        old = self._sql.execute(
            "SELECT id FROM steps ORDER BY id DESC LIMIT 1 OFFSET ?", (KEPT_STEPS,)
        ).fetchone()
        if old:
            self._forget("SELECT id FROM steps WHERE id <= ?", old)
        return step

    def _forget(self, steps: str, values: tuple[int, ...]) -> None:
        self._sql.execute(f"DELETE FROM changes WHERE step IN ({steps})", values)
        self._sql.execute(f"DELETE FROM steps WHERE id IN ({steps})", values)

    def set_cells(self, step: int, field: str, values: Iterable[tuple[int, str | int]]) -> None:
        """Give each row its new value in a field and record what was there."""
        pairs = list(values)
        record = (
            f"INSERT INTO changes(step, row, field, before, after) SELECT ?, id, '{_known(field)}',"
            f" {field}, ? FROM rows WHERE id = ?"
        )
        self._sql.executemany(record, [(step, value, row) for row, value in pairs])
        self._sql.executemany(
            f"UPDATE rows SET {field} = ? WHERE id = ?", [(value, row) for row, value in pairs]
        )

    def set_all(self, step: int, field: str, rows: Iterable[int], value: str | None) -> None:
        """Give many rows one value in a field and record what was there."""
        listed = json.dumps([int(row) for row in rows])
        self._sql.execute(
            f"INSERT INTO changes(step, row, field, before, after) SELECT ?, id, '{_known(field)}',"
            f" {field}, ? FROM rows WHERE id IN (SELECT value FROM json_each(?))"
            f" AND {field} IS NOT ?",
            (step, value, listed, value),
        )
        self._sql.execute(
            f"UPDATE rows SET {field} = ? WHERE id IN (SELECT value FROM json_each(?))",
            (value, listed),
        )

    def add_row(self, step: int, rank: int, cells: tuple[object, ...]) -> int:
        """Add a row of (instruction, input, output, split, source, extra, raw); return its id."""
        made = self._sql.execute(
            "INSERT INTO rows(rank, instruction, input, output, split, source, extra, raw)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (rank, *cells),
        )
        row = int(made.lastrowid or 0)
        self._sql.execute(
            "INSERT INTO changes(step, row, field, before, after) VALUES (?, ?, 'rank', NULL, ?)",
            (step, row, rank),
        )
        return row

    def extend(self, row: int, field: str, value: str) -> int:
        """Let the last step, if it is an edit of this one cell, end with a new value.

        Returns:
            The step's id, or 0 if the last step is another one.
        """
        last = self._sql.execute(
            "SELECT id FROM steps ORDER BY id DESC LIMIT 1"  # an undone step is no place to go on
        ).fetchone()
        if last is None or self.last(undone=False) is None or self.last(undone=False) != last[0]:
            return 0
        found = self._sql.execute(
            "SELECT id, row, field FROM changes WHERE step = ? LIMIT 2", last
        ).fetchall()
        if len(found) != 1 or found[0][1:] != (row, field):
            return 0
        self._count_up()
        self._sql.execute("UPDATE changes SET after = ? WHERE id = ?", (value, found[0][0]))
        self._sql.execute(f"UPDATE rows SET {_known(field)} = ? WHERE id = ?", (value, row))
        return int(last[0])

    def last(self, *, undone: bool) -> int | None:
        """Return the step that undo would take back, or (undone) that redo would do again."""
        order = "MIN" if undone else "MAX"
        (step,) = self._sql.execute(
            f"SELECT {order}(id) FROM steps WHERE undone = ?", (int(undone),)
        ).fetchone()
        return step if step is None else int(step)

    def name(self, step: int | None) -> str:
        """Return the name of a step; empty for none."""
        if step is None:
            return ""
        return str(self._sql.execute("SELECT name FROM steps WHERE id = ?", (step,)).fetchone()[0])

    def replay(self, step: int, *, back: bool) -> None:
        """Take a step back, or do it again."""
        self._count_up()
        side = "before" if back else "after"
        fields = self._sql.execute("SELECT DISTINCT field FROM changes WHERE step = ?", (step,))
        for (field,) in fields.fetchall():
            self._sql.execute(
                f"UPDATE rows SET {_known(field)} = c.{side} FROM changes AS c"
                " WHERE c.step = ? AND c.field = ? AND c.row = rows.id",
                (step, field),
            )
        self._sql.execute("UPDATE steps SET undone = ? WHERE id = ?", (int(back), step))

    def _count_up(self) -> None:
        """Count the change in the dataset's revision."""
        self._sql.execute(
            "INSERT INTO facts VALUES ('revision', '1')"
            " ON CONFLICT(name) DO UPDATE SET value = value + 1"
        )

    def change(self, step: int) -> Change:
        """Return what a step did as the file is now."""
        rows = self._sql.execute("SELECT DISTINCT row FROM changes WHERE step = ?", (step,))
        ranks = self._sql.execute(
            "SELECT c.row, rows.rank FROM changes AS c JOIN rows ON rows.id = c.row"
            " WHERE c.step = ? AND c.field = 'rank'",
            (step,),
        )
        found = tuple(row for (row,) in rows.fetchall())
        return Change(self.name(step), found, tuple(ranks.fetchall()))

    def sweep(self) -> None:
        """Drop rows that were deleted and can no longer come back."""
        self._sql.execute(
            "DELETE FROM rows WHERE rank IS NULL AND NOT EXISTS"
            " (SELECT 1 FROM changes WHERE changes.row = rows.id AND changes.field = 'rank')"
        )


def _known(field: str) -> str:
    assert field in FIELDS, field  # it becomes part of a statement
    return field

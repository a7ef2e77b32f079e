"""The undo journal of a dataset: named steps of changes, in the dataset's own file.

What happens to texts is kept cell by cell. What happens to many rows at once (their place, their
split, a tag) is kept as one record with all ids packed, so that a step over a million rows is
written, taken back and done again in seconds. A deleted row only loses its rank.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from studio.data import wordindex
from studio.data.order import GONE
from studio.data.packing import Ids, pack, runs, unpack
from studio.data.schema import TEXT_COLUMNS

KEPT_STEPS = 1000
_SWEPT = 20_000
NOTE = "note"
RANK, SPLIT, TAG = "rank", "split", "tag"
Value = Ids | str | None


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """What a step, its undo or its redo did.

    Attributes:
        name: of the step, such as "Delete 14 rows"; empty if nothing changed.
        rows: ids (N,) of the rows that changed, came or went; rows that only made room are not
            among them.
        fields: what of them is another now: names of texts, "split", "tag", "note", and "rank" if
            the order is another now.
    """

    name: str
    rows: Ids
    fields: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.fields)


NOTHING = Change("", np.empty(0, np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Bulk:
    """One value of many rows: rising ids (N,), and ranks (N,), a split, or a tag or None."""

    field: str
    rows: Ids
    before: Value
    after: Value

    def turned(self) -> Bulk:
        """Return what takes this back."""
        return Bulk(self.field, self.rows, self.after, self.before)


class Journal:
    """Records and replays steps on a connection; the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        self._forgot = False

    def begin(self, name: str) -> int:
        """Start a step and return its id; what could be redone is forgotten, and the oldest."""
        self._count_up()
        if self.last(undone=True) is not None:
            self._forget("SELECT id FROM steps WHERE undone = 1", ())
        made = self._sql.execute("INSERT INTO steps(name, undone) VALUES (?, 0)", (name,))
        step = int(made.lastrowid or 0)
        old = self._sql.execute(
            "SELECT id FROM steps ORDER BY id DESC LIMIT 1 OFFSET ?", (KEPT_STEPS,)
        ).fetchone()
        if old:
            self._forget("SELECT id FROM steps WHERE id <= ?", old)
        return step

    def _forget(self, steps: str, values: tuple[int, ...]) -> None:
        self._forgot = True
        for table in ("changes", "bulk"):
            self._sql.execute(f"DELETE FROM {table} WHERE step IN ({steps})", values)
        self._sql.execute(f"DELETE FROM steps WHERE id IN ({steps})", values)

    def set_cells(self, step: int, cells: Iterable[tuple[int, str, str]]) -> None:
        """Give cells (row, text field or note, text) their new texts; record what was there where it was another."""
        by_field: dict[str, list[tuple[int, str]]] = {}
        for row, field, text in cells:
            by_field.setdefault(field, []).append((row, text))
        for field, pairs in by_field.items():
            self._sql.executemany(
                "INSERT INTO changes(step, row, field, before, after) SELECT"
                f" ?1, ?2, '{field}', IFNULL(({_current(field)}), ''), ?3",
                ((step, row, text) for row, text in pairs),
            )
        self._sql.execute("DELETE FROM changes WHERE step = ? AND before = after", (step,))
        self._put_cells(step, "after")

    def extend(self, row: int, field: str, text: str) -> int:
        """Let the last step, if it is an edit of this one cell, end with a new text.

        Returns:
            The step's id, or 0 if the last step is another one.
        """
        last = self._sql.execute(
            "SELECT id, undone, name FROM steps ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if last is None or last[1] or last[2] != edit_name(field):
            return 0  # also an undone step is no place to go on
        found = self._sql.execute(
            "SELECT id, row, field FROM changes WHERE step = ? LIMIT 2", last[:1]
        ).fetchall()
        if len(found) != 1 or found[0][1:] != (row, field):
            return 0
        self._count_up()
        self._sql.execute("UPDATE changes SET after = ? WHERE id = ?", (text, found[0][0]))
        self._put_cells(last[0], "after")
        return int(last[0])

    def drop_empty(self, step: int) -> None:
        """Forget a step of edits if, after all, each text is what it was before."""
        changed = "SELECT 1 FROM changes WHERE step = ? AND before <> after"
        if not self._sql.execute(changed, (step,)).fetchone():
            self._forget("?", (step,))

    def set_bulk(self, step: int, bulk: Bulk) -> None:
        """Give many rows a value and record it."""
        if not len(bulk.rows):
            return
        sides = [pack(v) if isinstance(v, np.ndarray) else v for v in (bulk.before, bulk.after)]
        self._sql.execute(
            "INSERT INTO bulk(step, field, rows, size, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            (step, bulk.field, pack(bulk.rows), len(bulk.rows), *sides),
        )
        self._put_bulk(bulk)

    def replay(self, step: int, *, back: bool) -> list[Bulk]:
        """Take a step back, or do it again; return what it did to many rows."""
        self._count_up()
        self._put_cells(step, "before" if back else "after")
        done = list(self.bulk_of(step))
        if back:
            done = [bulk.turned() for bulk in reversed(done)]
        for bulk in done:
            self._put_bulk(bulk)
        self._sql.execute("UPDATE steps SET undone = ? WHERE id = ?", (int(back), step))
        return done

    def bulk_of(self, step: int) -> Iterator[Bulk]:
        """Yield what a step did to many rows, in order."""
        found = self._sql.execute(
            "SELECT field, rows, before, after FROM bulk WHERE step = ? ORDER BY id", (step,)
        )
        for field, rows, *sides in found.fetchall():
            before, after = (unpack(v) if isinstance(v, bytes) else v for v in sides)
            yield Bulk(field, unpack(rows), before, after)

    def size(self, step: int | None) -> int:
        """Return how many cells and marks a step changes."""
        (size,) = self._sql.execute(
            "SELECT (SELECT COUNT(*) FROM changes WHERE step = :step)"
            " + (SELECT IFNULL(SUM(size), 0) FROM bulk WHERE step = :step)",
            {"step": step},
        ).fetchone()
        return int(size)

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

    def cells_of(self, step: int) -> tuple[Ids, frozenset[str]]:
        """Return the rows whose cells a step changed, and the fields."""
        rows = self._sql.execute("SELECT DISTINCT row FROM changes WHERE step = ?", (step,))
        ids = np.fromiter((row for (row,) in rows), np.int64)
        fields = self._sql.execute("SELECT DISTINCT field FROM changes WHERE step = ?", (step,))
        return ids, frozenset(field for (field,) in fields)

    def sweep(self) -> None:
        """Drop rows that were deleted and can no longer come back, some thousands at a time."""
        if not self._forgot:
            return
        out = self._sql.execute("SELECT id FROM marks WHERE rank IS NULL").fetchall()
        if not out:
            return
        kept = [
            unpack(rows)
            for (rows,) in self._sql.execute("SELECT rows FROM bulk WHERE field = 'rank'")
        ]
        ids = np.array(out, np.int64)[:, 0]
        gone = np.setdiff1d(ids, np.concatenate([ids[:0], *kept]))[:_SWEPT].tolist()
        for table, key in (("rows", "id"), ("marks", "id"), ("tagged", "row"), ("notes", "row")):
            self._sql.executemany(f"DELETE FROM {table} WHERE {key} = ?", [(row,) for row in gone])

    def _put_cells(self, step: int, side: str) -> None:
        wordindex.make_way(self._sql, step)
        fields = self._sql.execute("SELECT DISTINCT field FROM changes WHERE step = ?", (step,))
        names = [field for (field,) in fields.fetchall()]
        for field in names:
            if field == NOTE:
                self._put_notes(step, side)
                continue
            assert field in TEXT_COLUMNS, field  # it becomes part of a statement
            self._sql.execute(
                f"UPDATE rows SET {field} = c.{side} FROM changes AS c"
                " WHERE c.step = ? AND c.field = ? AND c.row = rows.id",
                (step, field),
            )
        if set(names) - {NOTE}:
            self._sql.execute(
                "UPDATE marks SET stamp = (SELECT value FROM facts WHERE name = 'revision')"
                " WHERE id IN (SELECT row FROM changes WHERE step = ? AND field <> 'note')",
                (step,),
            )

    def _put_notes(self, step: int, side: str) -> None:
        self._sql.execute(
            "INSERT OR REPLACE INTO notes"
            f" SELECT row, {side} FROM changes WHERE step = ? AND field = 'note'",
            (step,),
        )
        self._sql.execute("DELETE FROM notes WHERE text = ''")

    def _put_bulk(self, bulk: Bulk) -> None:
        stretches = runs(bulk.rows)
        if bulk.field == TAG:
            if isinstance(bulk.after, str):
                statement, tag = "INSERT INTO tagged SELECT id, ? FROM marks WHERE id", bulk.after
            else:
                statement, tag = "DELETE FROM tagged WHERE tag = ? AND row", str(bulk.before)
            values = ((tag, first, last) for first, last in stretches)
            self._sql.executemany(f"{statement} BETWEEN ? AND ?", values)
            return
        self._sql.execute(
            "UPDATE facts SET value = (SELECT value FROM facts WHERE name = 'revision')"
            " WHERE name = 'order'"
        )
        if isinstance(bulk.after, np.ndarray):
            self._put_ranks(bulk.rows, bulk.after)
        else:
            self._sql.executemany(
                "UPDATE marks SET split = ? WHERE id BETWEEN ? AND ?",
                ((bulk.after, first, last) for first, last in stretches),
            )

    def _put_ranks(self, rows: Ids, ranks: Ids) -> None:
        if ranks[0] == GONE:
            self._sql.executemany(
                "UPDATE marks SET rank = NULL WHERE id BETWEEN ? AND ?", runs(rows)
            )
            return
        self._sql.executemany(
            "UPDATE marks SET rank = ? + (id - ?) * ? WHERE id BETWEEN ? AND ?",
            _even_stretches(rows, ranks),
        )

    def _count_up(self) -> None:
        """Count the change in the dataset's revision."""
        self._sql.execute("UPDATE facts SET value = value + 1 WHERE name = 'revision'")


def edit_name(field: str) -> str:
    """Return the name of a step in which one cell is typed in."""
    return "Write a note" if field == NOTE else f"Edit {field}"


def _current(field: str) -> str:
    """Return the statement that reads what a cell of row ?2 holds."""
    if field == NOTE:
        return "SELECT text FROM notes WHERE row = ?2"
    assert field in TEXT_COLUMNS, field  # it becomes part of a statement
    return f"SELECT {field} FROM rows WHERE id = ?2"


def _even_stretches(rows: Ids, ranks: Ids) -> list[tuple[int, int, int, int, int]]:
    """Return (first rank, first id, step, first id, last id) where ids and ranks rise evenly."""
    steps = np.diff(ranks)
    uneven = np.diff(rows) != 1
    uneven[1:] |= (steps[1:] != steps[:-1]) & ~uneven[:-1]
    firsts = np.concatenate(([0], np.flatnonzero(uneven) + 1))
    lasts = np.append(np.flatnonzero(uneven), len(rows) - 1)
    step = np.append(steps, 0)[firsts] * (lasts > firsts)
    columns = (ranks[firsts], rows[firsts], step, rows[firsts], rows[lasts])
    return list(zip(*(column.tolist() for column in columns), strict=True))

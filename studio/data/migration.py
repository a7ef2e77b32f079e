"""Brings a dataset that an earlier studio made up to date, whole or not at all."""

from __future__ import annotations

import os
import sqlite3
from itertools import groupby
from pathlib import Path

import numpy as np

from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data import schema
from studio.data.journal import RANK, SPLIT, Value
from studio.data.loading import staged_for, sync_folder
from studio.data.marks import read_marks, write_snapshot
from studio.data.order import GONE
from studio.data.packing import pack

_OLDEST = 1

_COPIES = """
INSERT INTO sources(id, name, format, mapping, imported)
  SELECT id, name, format, mapping, imported FROM old.sources;
INSERT INTO rows(id, instruction, input, output, source, extra, raw)
  SELECT id, instruction, input, output, source, extra, raw FROM old.rows ORDER BY id;
INSERT INTO marks(id, rank, split) SELECT id, rank, split FROM old.rows ORDER BY id;
INSERT INTO left_out(id, source, line, byte, reason, preview)
  SELECT id, source, line, byte, reason, preview FROM old.left_out;
INSERT INTO steps SELECT id, name, undone FROM old.steps;
INSERT INTO changes SELECT id, step, row, field, before, after FROM old.changes
  WHERE field NOT IN ('rank', 'split');
UPDATE main.sqlite_sequence SET seq = old.seq FROM old.sqlite_sequence AS old
  WHERE old.name = main.sqlite_sequence.name;
UPDATE facts SET value = (SELECT CAST(value AS INTEGER) FROM old.facts WHERE name = 'revision')
  WHERE name IN ('revision', 'order')
  AND EXISTS (SELECT 1 FROM old.facts WHERE name = 'revision');
"""


def bring_up_to_date(path: Path) -> None:
    """Give a dataset file today's format; does nothing if it has it.

    The new file takes the old one's place when it is complete and on the disk; until then, and
    after any failure, the old one is as it was. The caller holds the dataset's lock.

    Raises:
        DataError: another program has the old file open, or it is damaged or no dataset.
        DiskFullError: there is no room for the new file.
    """
    with schema.looked_at(path) as (_, version):
        if version == schema.VERSION:
            return
    if version < _OLDEST:
        raise DataError(f"{path.name} has a format ({version}) that no studio writes.")
    staged = staged_for(path)
    try:
        with schema.explained(path):
            _leave_alone(path)
            _copy(path, staged)
        with staged.open("rb+") as file:
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise schema.unwritable(path, err) from err
    finally:
        staged.unlink(missing_ok=True)


def _leave_alone(path: Path) -> None:
    """Put what waits in the old file's log into it, which only its single user can do."""
    connection = sqlite3.connect(path, timeout=schema.BUSY_SECONDS, isolation_level=None)
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
        if mode != "delete":
            raise DataError(
                f"{path.stem} was made by an earlier studio and is open in another program.",
                "Close it there, then open it here; that brings it up to date.",
            )
    finally:
        connection.close()


def _copy(path: Path, staged: Path) -> None:
    connection = schema.create(staged, Kind.TRIPLE)
    try:
        for pragma in ("journal_mode = MEMORY", "synchronous = OFF"):
            connection.execute(f"PRAGMA {pragma}").fetchone()
        connection.execute("ATTACH ? AS old", (str(path),))
        connection.execute("BEGIN")
        for statement in _COPIES.split(";"):
            connection.execute(statement)
        _convert_steps(connection)
        write_snapshot(connection, read_marks(connection))
        connection.execute("COMMIT")
    finally:
        connection.close()


def _convert_steps(connection: sqlite3.Connection) -> None:
    """Pack what steps did to places and splits, which the old format has row by row."""
    found = connection.execute(
        "SELECT step, field, row, before, after FROM old.changes"
        " WHERE field IN ('rank', 'split') ORDER BY step, field, id"
    )
    for (step, field), cells in groupby(found.fetchall(), lambda cell: cell[:2]):
        alike: dict[tuple[object, object], list[tuple[int, Value, Value]]] = {}
        for _, _, row, before, after in cells:
            sides = (before is None, after is None) if field == RANK else (before, after)
            alike.setdefault(sides, []).append((row, before, after))
        connection.executemany(
            "INSERT INTO bulk(step, field, rows, size, before, after) VALUES (?, ?, ?, ?, ?, ?)",
            ((step, field, *_packed(field, sorted(cells))) for cells in alike.values()),
        )


def _packed(field: str, cells: list[tuple[int, Value, Value]]) -> tuple[object, ...]:
    """Return rows, their number, before and after as the journal keeps them."""
    rows = pack(np.array([row for row, _, _ in cells], np.int64))
    if field == SPLIT:
        return rows, len(cells), cells[0][1], cells[0][2]
    sides = (
        pack(np.array([GONE if cell[side] is None else cell[side] for cell in cells], np.int64))
        for side in (1, 2)
    )
    return rows, len(cells), *sides

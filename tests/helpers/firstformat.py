"""A dataset file as the first studio wrote it, with a journal of every sort of step."""

from __future__ import annotations

import sqlite3
from pathlib import Path

GAP = 1 << 32
_TABLES = """
CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE sources(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, mapping TEXT NOT NULL,
  imported REAL NOT NULL);
CREATE TABLE rows(
  id INTEGER PRIMARY KEY AUTOINCREMENT, rank INTEGER, instruction TEXT NOT NULL,
  input TEXT NOT NULL, output TEXT NOT NULL, split TEXT NOT NULL, source INTEGER, extra TEXT,
  raw BLOB);
CREATE TABLE left_out(
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, line INTEGER NOT NULL, byte INTEGER NOT NULL,
  reason TEXT NOT NULL, preview TEXT NOT NULL);
CREATE TABLE steps(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, undone INTEGER NOT NULL);
CREATE TABLE changes(
  id INTEGER PRIMARY KEY, step INTEGER NOT NULL, row INTEGER NOT NULL, field TEXT NOT NULL,
  before, after);
CREATE INDEX rows_by_rank ON rows(rank);
CREATE INDEX rows_by_split ON rows(split, rank);
CREATE INDEX changes_by_step ON changes(step);
CREATE INDEX changes_by_row ON changes(row, field);
"""


def write_first_format(path: Path, more: int = 0) -> None:
    """Write ten imported rows q1 to q10, more below them, and these steps after the import.

    Edit output of row 1; rows 2 to 4 into test; delete rows 5 and 9; add row 12, which pushes row
    1 aside; and, taken back: edit input of row 6. The file is in the state before that one. The id
    11 was given to a row that is gone for good.
    """
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA application_id = 0x47524654")
    connection.execute("PRAGMA user_version = 1")
    connection.execute("PRAGMA journal_mode = WAL").fetchone()
    connection.executescript(_TABLES)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO facts VALUES ('revision', '7')")
    connection.execute(
        "INSERT INTO sources VALUES (1, 'a.jsonl', 'jsonl', '{\"i\": \"input\"}', 5)"
    )
    connection.execute("INSERT INTO left_out VALUES (1, 1, 3, 40, 'it is odd', '{')")
    connection.executemany(
        "INSERT INTO rows VALUES (?, ?, ?, '', ?, 'train', 1, '{\"k\": 1}', ?)",
        ((row, row * GAP, f"q{row}", f"a{row}", b"raw") for row in range(1, 12)),
    )
    connection.execute("DELETE FROM rows WHERE id = 11")
    connection.execute(
        "INSERT INTO rows VALUES (12, ?, 'q12', '', 'a12', 'validation', NULL, NULL, NULL)", (GAP,)
    )
    connection.execute("UPDATE rows SET output = 'other' WHERE id = 1")
    connection.execute("UPDATE rows SET split = 'test' WHERE id IN (2, 3, 4)")
    connection.execute("UPDATE rows SET rank = NULL WHERE id IN (5, 9)")
    connection.execute("UPDATE rows SET rank = ? WHERE id = 1", (GAP // 2,))
    steps = ("Edit output", "Use 3 as test", "Delete 2 rows", "Add a row", "Edit input")
    connection.executemany(
        "INSERT INTO steps(name, undone) VALUES (?, ?)", ((s, s == "Edit input") for s in steps)
    )
    connection.executemany(
        "INSERT INTO changes(step, row, field, before, after) VALUES (?, ?, ?, ?, ?)",
        [
            (1, 1, "output", "a1", "other"),
            *((2, row, "split", "train", "test") for row in (2, 3, 4)),
            *((3, row, "rank", row * GAP, None) for row in (9, 5)),
            (4, 1, "rank", GAP, GAP // 2),
            (4, 12, "rank", None, GAP),
            (5, 6, "input", "", "given"),
        ],
    )
    connection.executemany(
        "INSERT INTO rows VALUES (?, ?, ?, '', '', 'train', NULL, NULL, NULL)",
        ((row, row * GAP, f"q{row}") for row in range(13, 13 + more)),
    )
    connection.execute("COMMIT")
    connection.close()

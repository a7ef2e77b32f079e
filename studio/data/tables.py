"""A file of SQLite tables that one process writes while others read: opening, and whole changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def open_tables(path: Path, tables: str, busy_seconds: float) -> sqlite3.Connection:
    """Open a file of tables; it and its folder are made when they are missing.

    Args:
        path: of the file.
        tables: statements that make what is not there yet.
        busy_seconds: how long another process's write is waited for.

    Raises:
        OSError: the folder cannot be made.
        sqlite3.Error: the file is damaged, or another program holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = sqlite3.connect(path, timeout=busy_seconds, isolation_level=None)
    try:
        file.execute("PRAGMA journal_mode = WAL")
        file.execute("PRAGMA synchronous = NORMAL")
        file.executescript(tables)
    except sqlite3.Error:
        file.close()
        raise
    return file


@contextmanager
def all_or_nothing(file: sqlite3.Connection) -> Iterator[None]:
    """Keep all that is written inside, or nothing of it when it ends with an error."""
    file.execute("BEGIN IMMEDIATE")
    try:
        yield
        file.execute("COMMIT")
    except BaseException:
        if file.in_transaction:  # SQLite ends it itself when the disk is full
            file.execute("ROLLBACK")
        raise

"""The file beside a dataset that remembers how long its rows are and what is wrong with them.

It holds nothing that cannot be found out again, so it may be deleted at any time, also while it is
in use. The render process writes it; everybody else reads it. Other readers join it to a dataset:
``connection`` is any SQLite connection, and rows of deleted examples may still be in it, so join
with the rows that are shown::

    if sidecar.attach(connection, sidecar.place(workspace.path, dataset.uid)):
        sql, values = sidecar.rows_with("end_cut", limit=512)
        connection.execute(f"SELECT id FROM marks WHERE id IN ({sql})", values)
        connection.execute("SELECT row, tokens FROM checks.lengths WHERE tokens > 900")
        sidecar.detach(connection)
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from urllib.parse import quote

from studio.core.problems import DataError

APPLICATION_ID = 0x47524348
"""Marks a SQLite file as such a sidecar; "GRCH"."""
VERSION = 2
NAME = "checks"
"""The schema name under which :func:`attach` makes it known."""
ANY = "any"
"""The code that stands for every problem."""
BUSY_SECONDS = 5.0

_TABLES = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE lengths(
  row INTEGER PRIMARY KEY, stamp INTEGER NOT NULL, tokens INTEGER NOT NULL,
  prompt INTEGER NOT NULL, end_at INTEGER NOT NULL, trained INTEGER NOT NULL);
CREATE TABLE problems(
  code TEXT NOT NULL, row INTEGER NOT NULL, detail TEXT NOT NULL DEFAULT '',
  PRIMARY KEY(code, row)) WITHOUT ROWID;
CREATE INDEX problems_by_row ON problems(row);
CREATE TABLE judged(chunk INTEGER PRIMARY KEY, data BLOB NOT NULL);
CREATE TABLE packed(name TEXT PRIMARY KEY, data BLOB NOT NULL);
"""
# lengths: of a row as the model of meta's "key" sees it. prompt is where its first trained token
# is, end_at where its last end-of-turn token is (-1: there is none), trained how many tokens are
# trained, all without a limit. judged: see judged.py. packed: lengths and the rows of each problem
# once more, as arrays for the window, which must not read a million rows one by one: see found.py.

LIMITED = {
    "answer_cut": "trained > 0 AND prompt >= :limit",
    "end_cut": "trained > 0 AND prompt < :limit AND end_at >= :limit",
    "text_cut": "trained > 0 AND prompt < :limit AND end_at < 0 AND tokens > :limit",
}
"""Problems that depend on the longest sequence, as conditions on ``lengths``."""
UNREADABLE = (sqlite3.Error, ValueError, TypeError)
"""What reading a damaged sidecar raises: SQLite does not see all damage, nor decode all names."""


def place(workspace: Path, uid: str) -> Path:
    """Return where the sidecar of a dataset is, by the dataset's uid."""
    return workspace / "cache" / "checks" / f"{uid}.sqlite"


def rows_with(code: str, limit: int, schema: str = NAME) -> tuple[str, dict[str, object]]:
    """Return a SELECT of the ids of rows with a problem, and its named values.

    Args:
        code: of the problem; ``ANY`` for rows with any.
        limit: the longest sequence, in tokens.
        schema: under which name the sidecar is attached; "main" if it is open by itself.
    """
    values: dict[str, object] = {"limit": limit}
    if code in LIMITED:
        return f"SELECT row FROM {schema}.lengths WHERE {LIMITED[code]}", values
    if code != ANY:
        sql = f"SELECT row FROM {schema}.problems WHERE code = :problem"
        return sql, {"problem": code}
    cut = " OR ".join(f"({condition})" for condition in LIMITED.values())
    sql = f"SELECT row FROM {schema}.problems UNION SELECT row FROM {schema}.lengths WHERE {cut}"
    return sql, values


def attach(connection: sqlite3.Connection, path: Path, schema: str = NAME) -> bool:
    """Make a sidecar readable under a schema name; False if there is none that can be read."""
    if not path.is_file():
        return False
    try:
        connection.execute(f"ATTACH ? AS {schema}", (str(path),))
    except UNREADABLE:
        return False
    try:
        if _is_ours(connection, schema):
            return True
    except UNREADABLE:
        pass  # a file that is none of ours, or damaged: as good as none, it is made again
    detach(connection, schema)
    return False


def detach(connection: sqlite3.Connection, schema: str = NAME) -> None:
    """Let go of an attached sidecar."""
    connection.execute(f"DETACH {schema}")


def open_reading(path: Path) -> sqlite3.Connection | None:
    """Open a sidecar for reading; None if there is none that can be read."""
    if not path.is_file():
        return None
    connection = sqlite3.connect(_uri(path), uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        if _is_ours(connection, "main"):
            return connection
    except UNREADABLE:
        pass  # as in attach
    connection.close()
    return None


def open_writing(path: Path) -> sqlite3.Connection:
    """Open a sidecar, or make it; one that is damaged or of another version is made anew.

    Raises:
        DataError: the place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(path)
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            discard(path)
            return _opened(path)
    except (OSError, sqlite3.Error) as err:
        raise unkept(path, err) from err


def unkept(path: Path, err: Exception) -> DataError:
    """Return the sentence for a sidecar that cannot be written."""
    return DataError(
        f"What checks find cannot be kept in {path.parent}: {err}.",
        "Make the folder writable, or free some room.",
    )


def discard(path: Path) -> None:
    """Delete a sidecar; safe when there is none."""
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def meta(connection: sqlite3.Connection, name: str, otherwise: str = "") -> str:
    """Return a remembered value by its name."""
    found = connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return str(found[0]) if found else otherwise


def set_meta(connection: sqlite3.Connection, name: str, value: str) -> None:
    """Remember a value under a name."""
    connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")  # what a crash of the system takes is redone
        if not connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()[0]:
            connection.executescript(
                f"BEGIN; PRAGMA application_id = {APPLICATION_ID};"
                f" PRAGMA user_version = {VERSION}; {_TABLES} COMMIT;"
            )
        elif not _is_ours(connection, "main"):
            raise sqlite3.DatabaseError("another version")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_ours(connection: sqlite3.Connection, schema: str) -> bool:
    (mark,) = connection.execute(f"PRAGMA {schema}.application_id").fetchone()
    (version,) = connection.execute(f"PRAGMA {schema}.user_version").fetchone()
    return bool(mark == APPLICATION_ID and version == VERSION)


def _uri(path: Path) -> str:
    return f"file:{quote(str(path))}?mode=ro"

"""The dataset file: its tables, how it is opened, and its errors as sentences."""

from __future__ import annotations

import secrets
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from studio.core.example import FIELDS, Kind
from studio.core.problems import DataError, DiskFullError, StudioError

APPLICATION_ID = 0x47524654
"""Marks a SQLite file as ours; "GRFT"."""
VERSION = 2
BUSY_SECONDS = 2.0
"""How long another process may hold the file before we say so."""
TEXT_COLUMNS = tuple(dict.fromkeys(field for fields in FIELDS.values() for field in fields))
"""The text columns of ``rows``; each kind uses those of its fields."""

_TABLES = f"""
CREATE TABLE facts(name TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;
CREATE TABLE sources(
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, format TEXT NOT NULL, mapping TEXT NOT NULL,
  imported REAL NOT NULL, layout TEXT NOT NULL DEFAULT '', heading TEXT NOT NULL DEFAULT '');
CREATE TABLE rows(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  {", ".join(f"{column} TEXT NOT NULL DEFAULT ''" for column in TEXT_COLUMNS)},
  source INTEGER, extra TEXT, raw BLOB);
CREATE TABLE marks(
  id INTEGER PRIMARY KEY, rank INTEGER, split TEXT NOT NULL, stamp INTEGER NOT NULL DEFAULT 0);
CREATE TABLE tagged(row INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY(row, tag)) WITHOUT ROWID;
CREATE TABLE notes(row INTEGER PRIMARY KEY, text TEXT NOT NULL);
CREATE TABLE filters(name TEXT PRIMARY KEY, expression TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE left_out(
  id INTEGER PRIMARY KEY, source INTEGER NOT NULL, line INTEGER NOT NULL, byte INTEGER NOT NULL,
  reason TEXT NOT NULL, preview TEXT NOT NULL, raw BLOB, fixed INTEGER,
  below INTEGER NOT NULL DEFAULT 0);
CREATE TABLE steps(
  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, undone INTEGER NOT NULL);
CREATE TABLE changes(
  id INTEGER PRIMARY KEY, step INTEGER NOT NULL, row INTEGER NOT NULL, field TEXT NOT NULL,
  before TEXT, after TEXT);
CREATE TABLE bulk(
  id INTEGER PRIMARY KEY, step INTEGER NOT NULL, field TEXT NOT NULL, rows BLOB NOT NULL,
  size INTEGER NOT NULL, before, after);
CREATE TABLE snapshot(
  revision INTEGER PRIMARY KEY, ids BLOB NOT NULL, ranks BLOB NOT NULL, splits BLOB NOT NULL);
"""
# Only what the journal finds by step is indexed, and the few rows that are out: a list of a
# million rows is changed three times as fast when no index has to follow.
_INDEXES = """
CREATE INDEX changes_by_step ON changes(step);
CREATE INDEX bulk_by_step ON bulk(step);
CREATE INDEX marks_out ON marks(id) WHERE rank IS NULL;
"""


_DAMAGE = ("decode to UTF-8", "malformed", "no such", "has no column")
"""What SQLite says of a file whose tables are not as they were made."""


class Stopped(DataError):
    """The user stopped a change of many rows; nothing of it was done."""


class WordsDamaged(DataError):
    """The word index is damaged, and the rows are not; without it everything can be done."""


def create(path: Path, kind: Kind) -> sqlite3.Connection:
    """Make a new dataset file with its tables.

    Raises:
        DataError: there is a file already, or the place cannot be written to.
    """
    try:
        path.open("xb").close()
    except FileExistsError as err:
        raise DataError(
            f"There is a dataset at {path} already.", "Choose another name, or open that one."
        ) from err
    except OSError as err:
        raise unwritable(path, err) from err
    try:
        return _made(path, kind)
    except StudioError:
        path.unlink(missing_ok=True)
        raise


def _made(path: Path, kind: Kind) -> sqlite3.Connection:
    with explained(path), ExitStack() as undoing:
        connection = _connect(f"{path.absolute().as_uri()}?mode=rw")
        undoing.callback(connection.close)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.executescript(_TABLES + _INDEXES)
        facts = [
            ("kind", kind.value),
            ("uid", secrets.token_hex(16)),
            ("revision", 0),
            ("order", 0),
        ]
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts)
        undoing.pop_all()
    return connection


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a dataset file; every commit reaches the disk before it returns.

    Raises:
        DataError: the file is missing, is not a dataset, is of another version or is locked.
    """
    require(path)
    mode = "ro" if read_only else "rw"
    with explained(path):
        connection = _connect(f"{path.absolute().as_uri()}?mode={mode}")
        try:
            version = version_of(path, connection)
            if version < VERSION:
                raise DataError(
                    f"{path.stem} was made by an earlier studio (format {version}).",
                    "Open it once on the Data page; that brings it up to date.",
                )
            if not read_only:
                connection.execute("PRAGMA journal_mode = WAL").fetchone()
                connection.execute("PRAGMA synchronous = FULL")
        except BaseException:
            connection.close()
            raise
    return connection


def require(path: Path) -> None:
    """Raise DataError if there is no file."""
    if not path.is_file():
        raise DataError(
            f"There is no dataset at {path}.", "Import a file, or open another dataset."
        )


def identity(path: Path) -> tuple[int, int]:
    """Return what tells a file from another one that is put in its place; (0, 0) without one."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_dev, found.st_ino


def require_same(path: Path, before: tuple[int, int]) -> None:
    """Raise DataError if a file is no longer the one that was opened: who writes would lose it."""
    if identity(path) != before:
        raise DataError(
            f"{path.name} was deleted, moved or replaced while it was open; nothing can be saved.",
            "Put the file back, or open the dataset again to go on with the one that is there.",
        )


@contextmanager
def looked_at(path: Path) -> Iterator[tuple[sqlite3.Connection, int]]:
    """Open a dataset of any format for a look; yield the connection and the format.

    Raises:
        DataError: it is missing, damaged, no dataset, or of a newer studio.
    """
    require(path)
    with explained(path):
        connection = _connect(f"{path.absolute().as_uri()}?mode=ro")
        try:
            yield connection, version_of(path, connection)
        finally:
            connection.close()


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def version_of(path: Path, connection: sqlite3.Connection) -> int:
    """Return the format of an open file.

    Raises:
        DataError: it is no dataset, or of a newer studio.
    """
    (mark,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if mark != APPLICATION_ID:
        raise DataError(f"{path.name} is a database, but not a dataset of this studio.")
    if version > VERSION:
        raise DataError(
            f"{path.name} was written by a newer studio (format {version}, this one reads"
            f" {VERSION}).",
            "Update the studio to open it. The file was not changed.",
        )
    return int(version)


def unwritable(path: Path, err: OSError) -> DataError:
    """Return the sentence for a place that cannot be written to."""
    return DataError(
        f"{path} cannot be written: {err.strerror or err}.",
        "Choose another place, or make this one writable.",
    )


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into sentences.

    Raises:
        DataError: the file is no database, locked, read-only or damaged.
        DiskFullError: there is no room for the change; the file is as before.
    """
    try:
        yield
    except sqlite3.Error as err:
        raise _sentence(path, err) from err
    except (UnicodeDecodeError, zlib.error) as err:
        raise _damaged(path, f"{type(err).__name__}: {err}") from err


def _damaged(path: Path, details: str) -> DataError:
    return DataError(
        f"{path.name} is damaged and cannot be read in full.",
        "Import the original file again, or restore the dataset from a backup.",
        details,
    )


def _words_damaged(path: Path, details: str) -> WordsDamaged:
    return WordsDamaged(
        f"The word index of {path.stem} was damaged and is dropped; the rows are as they were.",
        "Do it again: the index is made anew when it is next needed.",
        details,
    )


def _sentence(path: Path, err: sqlite3.Error) -> StudioError:
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_INTERRUPT:
        return Stopped(f"Stopped; {path.stem} is as before.")
    details = f"{type(err).__name__}: {err} (SQLite code {code})"
    if getattr(err, "sqlite_errorcode", 0) == sqlite3.SQLITE_CORRUPT_VTAB or "fts5" in str(err):
        return _words_damaged(path, details)
    if code == sqlite3.SQLITE_CORRUPT or any(word in str(err) for word in _DAMAGE):
        return _damaged(path, details)
    name = path.name
    if code == sqlite3.SQLITE_FULL:
        return DiskFullError(
            f"The disk is full: the last change to {name} was not saved. What was there is safe.",
            "Free some room, then do it again.",
            details,
        )
    written = (
        f"{name} is being written by another program.",
        "Close the other window, then do it again.",
    )
    summary, hint = {
        sqlite3.SQLITE_NOTADB: (f"{name} is not a dataset: it is no SQLite file.", ""),
        sqlite3.SQLITE_BUSY: written,
        sqlite3.SQLITE_LOCKED: written,
        sqlite3.SQLITE_READONLY: (
            f"{name} cannot be changed: the file or its folder is read-only.",
            "Make it writable, or export a copy.",
        ),
        sqlite3.SQLITE_CANTOPEN: (
            f"{name} cannot be opened.",
            "Look whether the file and its folder may be read and written.",
        ),
        sqlite3.SQLITE_IOERR: (
            f"{name} could not be written or read: the disk is full or reports a fault.",
            "Look at the disk's room and state, then do it again.",
        ),
    }.get(code, (f"{name} cannot be used: {err}.", ""))
    return DataError(summary, hint, details)

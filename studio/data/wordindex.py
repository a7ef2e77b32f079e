"""The word index of a dataset: which rows hold words that begin in some way, found in a blink.

It lives in the dataset's own file (FTS5 over a view of the texts, so that text is not stored
twice), is built a piece at a time while others write, and is kept by triggers from then on.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from studio.core.example import FIELDS, Kind
from studio.data import schema
from studio.data.tables import all_or_nothing

NAME = "rows_fts"
_FORM = "1"
"""Counts the forms the index has had; one of another form is built anew."""
PIECE = 2000
"""Rows that are indexed in one transaction; others may write after each."""
MANY = 100_000
"""Texts changed in one step from which the index is dropped rather than changed with them."""
_WHOLE = 1 << 62
"""The mark up to which rows are indexed once all are."""
_EMPTIED = (
    f"DELETE FROM {NAME}_data",
    f"INSERT INTO {NAME}_data(id, block) VALUES (1, x''), (10, zeroblob(7))",
    f"INSERT OR REPLACE INTO {NAME}_config VALUES ('version', 4)",
)
"""Make an index an empty one: SQLite drops no table that it cannot open."""
TURNS = frozenset(("messages",))
"""Fields that hold turns as JSON; what the turns say is indexed, not the JSON."""


def said(column: str, role: str = "") -> str:
    """Return an SQL expression: what the turns in a JSON column say, one below the other.

    Args:
        column: with its table, such as ``rows.messages``.
        role: one of ``TURN_ROLES`` if only its turns are wanted.
    """
    parts = (
        "SELECT group_concat(CASE p.type WHEN 'object' THEN json_extract(p.value, '$.text')"
        " WHEN 'text' THEN p.value END, '') FROM json_each(t.value, '$.content') AS p"
    )
    whose = f" AND json_extract(t.value, '$.role') = '{role}'" if role else ""
    turns = (
        "SELECT group_concat(CASE json_type(t.value, '$.content')"
        f" WHEN 'text' THEN json_extract(t.value, '$.content') WHEN 'array' THEN ({parts}) END,"
        f" char(10)) FROM json_each({column}) AS t WHERE t.type = 'object'{whose}"
    )
    return f"CASE WHEN json_valid({column}) THEN IFNULL(({turns}), '') ELSE {column} END"


def text_of(table: str, field: str) -> str:
    """Return an SQL expression for what a person reads in a field of a row."""
    return said(f"{table}.{field}") if field in TURNS else f"{table}.{field}"


def is_ready(connection: sqlite3.Connection) -> bool:
    """Return whether every row is in the index."""
    return _indexed_to(connection) == _WHOLE


def forget(connection: sqlite3.Connection) -> None:
    """Drop the index, for who is about to change most texts; it is built again when asked for."""
    for when in ("insert", "update", "delete"):
        connection.execute(f"DROP TRIGGER IF EXISTS words_{when}")
    connection.execute(f"DROP TABLE IF EXISTS {NAME}")
    connection.execute("DROP VIEW IF EXISTS rows_words")
    connection.execute("DELETE FROM facts WHERE name IN ('words', 'words_to')")


def drop(path: Path) -> None:
    """Drop the index of a dataset file, which is damaged.

    Raises:
        DataError: the file cannot be written.
    """
    with schema.explained(path):
        connection = schema.connect(path)
        try:
            connection.execute("BEGIN IMMEDIATE")
            if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (NAME,)).fetchone():
                for statement in _EMPTIED:
                    connection.execute(statement)
            forget(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()


def make_way(connection: sqlite3.Connection, step: int) -> None:
    """Drop the index before a step of the journal that would take minutes to bring it along."""
    (count,) = connection.execute(
        "SELECT COUNT(*) FROM (SELECT 1 FROM changes WHERE step = ? AND field <> 'note' LIMIT ?)",
        (step, MANY),
    ).fetchone()
    if count >= MANY:
        forget(connection)


def build(
    path: Path,
    progress: Callable[[int, int], object] = lambda done, total: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> bool:
    """Bring the index of a dataset file to the end; goes on where it was left.

    Args:
        path: of the dataset.
        progress: told the rows done and all rows.
        cancelled: asked between pieces.

    Returns:
        Whether every row is indexed now; not if it was cancelled, or dropped by who changes much.

    Raises:
        DataError: the file cannot be written.
        DiskFullError: there is no room; what is indexed so far stays.
    """
    with schema.explained(path):
        connection = schema.connect(path)
        try:
            # What a crash of the system takes from the index is indexed again.
            connection.execute("PRAGMA synchronous = NORMAL")
            _prepare(connection)
            while not is_ready(connection):
                if cancelled() or not (done := _add_piece(connection)):
                    return False
                progress(*done)
            return True
        finally:
            connection.close()


def _prepare(connection: sqlite3.Connection) -> None:
    """Make the empty index with its triggers, unless there is one of this form."""
    if _is_made(connection):
        return
    (kind,) = connection.execute("SELECT value FROM facts WHERE name = 'kind'").fetchone()
    fields = FIELDS[Kind(kind)]
    with all_or_nothing(connection):
        forget(connection)
        for statement in _statements(fields):
            connection.execute(statement)
        connection.execute("INSERT INTO facts VALUES ('words', ?), ('words_to', 0)", (_FORM,))


def _statements(fields: tuple[str, ...]) -> list[str]:
    names = ", ".join(fields)
    old, new, here = (
        ", ".join(text_of(table, field) for field in fields) for table in ("old", "new", "rows")
    )
    indexed = "id <= (SELECT value FROM facts WHERE name = 'words_to')"
    take = f"INSERT INTO {NAME}({NAME}, rowid, {names}) VALUES ('delete', old.id, {old});"
    put = f"INSERT INTO {NAME}(rowid, {names}) VALUES (new.id, {new});"
    return [
        f"CREATE VIEW rows_words(id, {names}) AS SELECT id, {here} FROM rows",
        # detail=column tells the fields apart and forgets places, which prefixes do not need;
        # prefixes of one to three letters, which many rows have, get lists of their own.
        f"CREATE VIRTUAL TABLE {NAME} USING fts5({names}, content='rows_words', content_rowid='id',"
        " tokenize='unicode61 remove_diacritics 2', prefix='1 2 3', detail='column',"
        " columnsize=0)",
        f"CREATE TRIGGER words_insert AFTER INSERT ON rows WHEN new.{indexed} BEGIN {put} END",
        f"CREATE TRIGGER words_update AFTER UPDATE OF {names} ON rows WHEN old.{indexed}"
        f" BEGIN {take} {put} END",
        f"CREATE TRIGGER words_delete AFTER DELETE ON rows WHEN old.{indexed} BEGIN {take} END",
    ]


def _add_piece(connection: sqlite3.Connection) -> tuple[int, int] | None:
    """Index the next rows in one transaction.

    Returns:
        The ids done and the last one; None if somebody dropped the index meanwhile.
    """
    with all_or_nothing(connection):
        if not _is_made(connection):
            return None
        start = _indexed_to(connection)
        stop, last = connection.execute(
            "SELECT (SELECT max(id) FROM (SELECT id FROM rows WHERE id > ? ORDER BY id LIMIT ?)),"
            " (SELECT max(id) FROM rows)",
            (start, PIECE),
        ).fetchone()
        if stop is not None:
            connection.execute(
                f"INSERT INTO {NAME}(rowid, {_names(connection)})"
                " SELECT * FROM rows_words WHERE id > ? AND id <= ?",
                (start, stop),
            )
        done = _WHOLE if stop == last else stop
        connection.execute("UPDATE facts SET value = ? WHERE name = 'words_to'", (done,))
    return stop or 0, last or 0


def _names(connection: sqlite3.Connection) -> str:
    columns = connection.execute("SELECT name FROM pragma_table_info('rows_words')").fetchall()
    return ", ".join(name for (name,) in columns[1:])


def _is_made(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT value FROM facts WHERE name = 'words'").fetchone()
    return found is not None and found[0] == _FORM


def _indexed_to(connection: sqlite3.Connection) -> int:
    found = connection.execute("SELECT value FROM facts WHERE name = 'words_to'").fetchone()
    return int(found[0]) if found else 0

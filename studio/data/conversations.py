"""The workspace's conversations (SQLite): each question and answer is kept as soon as it is there."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from studio.core.problems import DataError, DiskFullError
from studio.core.talk import TalkTurn, turn_body, turn_of
from studio.core.wholetext import whole
from studio.data.tables import all_or_nothing, open_tables

_BUSY_SECONDS = 2.0
"""The window waits: another window's write takes milliseconds."""
_TABLES = """
CREATE TABLE IF NOT EXISTS conversations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL, begun REAL NOT NULL,
  changed REAL NOT NULL, columns TEXT NOT NULL DEFAULT '', deleted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS turns(
  conversation INTEGER NOT NULL, place INTEGER NOT NULL, body TEXT NOT NULL,
  PRIMARY KEY(conversation, place)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class ConversationSummary:
    """One conversation in a list.

    Attributes:
        changed: of its last question or answer, in seconds since the epoch.
        columns: titles of those who answered last.
        turns: number of questions.
    """

    id: int
    title: str
    changed: float
    columns: str
    turns: int


class Conversations:
    """The file of the conversations; made when it is missing.

    What was written stays through the death of the process. Deleted conversations can be put back
    until the file is opened the next time.

    Raises:
        DataError: it is damaged, or another program holds it.
        DiskFullError: there is no room to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._file = open_tables(path, _TABLES, _BUSY_SECONDS)
            try:
                self._forget_deleted()
            except sqlite3.Error:
                self._file.close()
                raise

    def close(self) -> None:
        """Close the file; nothing is asked of it afterwards."""
        self._file.close()

    def all(self) -> list[ConversationSummary]:
        """Return the conversations, the one that changed last first."""
        with self._explained():
            found = self._file.execute(
                "SELECT id, title, changed, columns, (SELECT count(*) FROM turns WHERE"
                " conversation = id) FROM conversations WHERE NOT deleted"
                " ORDER BY changed DESC, id DESC"
            ).fetchall()
        return [ConversationSummary(*row) for row in found]

    def begin(self, title: str) -> int:
        """Keep a new conversation; return its number."""
        now = time.time()
        with self._explained():
            made = self._file.execute(
                "INSERT INTO conversations(title, begun, changed) VALUES(?, ?, ?)",
                (whole(title), now, now),
            )
        return int(made.lastrowid or 0)

    def put(self, conversation: int, place: int, turn: TalkTurn) -> None:
        """Keep a turn at its place, from 0; replaces the one that was there."""
        self.replace(conversation, place, [turn])

    def replace(self, conversation: int, place: int, turns: Sequence[TalkTurn]) -> None:
        """Keep turns from a place on, and none after them."""
        with self._explained(), all_or_nothing(self._file):
            self._file.execute(
                "DELETE FROM turns WHERE conversation = ? AND place >= ?", (conversation, place)
            )
            self._file.executemany(
                "INSERT INTO turns VALUES(?, ?, ?)",
                [
                    (conversation, number, json.dumps(turn_body(turn)))
                    for number, turn in enumerate(turns, place)
                ],
            )
            titles = " · ".join(column.title for column in turns[-1].columns) if turns else ""
            self._file.execute(
                "UPDATE conversations SET changed = ?, deleted = 0,"
                " columns = coalesce(nullif(?, ''), columns) WHERE id = ?",
                (time.time(), whole(titles), conversation),
            )

    def turns(self, conversation: int) -> list[TalkTurn]:
        """Return the turns of a conversation.

        Raises:
            DataError: one of them cannot be read.
        """
        with self._explained():
            found = self._file.execute(
                "SELECT body FROM turns WHERE conversation = ? ORDER BY place", (conversation,)
            ).fetchall()
        try:
            return [turn_of(json.loads(body)) for (body,) in found]
        except ValueError as err:
            raise DataError(f"The conversation cannot be read: {err}.", "Open another.") from err

    def rename(self, conversation: int, title: str) -> None:
        """Give a conversation another title."""
        with self._explained():
            self._file.execute(
                "UPDATE conversations SET title = ? WHERE id = ?", (whole(title), conversation)
            )

    def delete(self, conversation: int) -> None:
        """Take a conversation off the list; :meth:`put_back` undoes it."""
        self._set_deleted(conversation, True)

    def put_back(self, conversation: int) -> None:
        """Put a deleted conversation back on the list."""
        self._set_deleted(conversation, False)

    def _set_deleted(self, conversation: int, deleted: bool) -> None:
        with self._explained():
            self._file.execute(
                "UPDATE conversations SET deleted = ? WHERE id = ?", (deleted, conversation)
            )

    def _forget_deleted(self) -> None:
        with all_or_nothing(self._file):
            self._file.execute(
                "DELETE FROM turns WHERE conversation IN"
                " (SELECT id FROM conversations WHERE deleted)"
            )
            self._file.execute("DELETE FROM conversations WHERE deleted")

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn errors of the file into sentences."""
        try:
            yield
        except OSError as err:
            raise DataError(
                f"The conversations in {self._path} cannot be kept: {err.strerror or err}.",
                "The conversation in the window goes on; export it to keep it.",
            ) from err
        except sqlite3.Error as err:
            if "full" in str(err):
                raise DiskFullError(
                    "The disk is full: the conversation is not kept.", "Free some room."
                ) from err
            raise DataError(
                f"The conversations in {self._path} cannot be read or written: {err}.",
                "The conversation in the window goes on; export it to keep it.",
            ) from err

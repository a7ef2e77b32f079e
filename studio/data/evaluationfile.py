"""The file of a workspace's evaluations: its tables, how it is opened, its errors as sentences.

One process writes while others read (WAL). Other tables may stand beside these: nothing here
looks at tables that it does not know.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self

from studio.core.problems import DataError, DiskFullError
from studio.data.tables import all_or_nothing, open_tables

_BUSY_SECONDS = 10.0
_TABLES = """
CREATE TABLE IF NOT EXISTS evaluations(
  id INTEGER PRIMARY KEY AUTOINCREMENT, made REAL NOT NULL, state TEXT NOT NULL,
  setup TEXT NOT NULL, frozen TEXT, results TEXT, problem TEXT, done INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0, pid INTEGER, created REAL);
CREATE TABLE IF NOT EXISTS evaluation_rows(
  evaluation INTEGER NOT NULL, place INTEGER NOT NULL, row INTEGER NOT NULL,
  question TEXT NOT NULL, reference TEXT NOT NULL, turns TEXT NOT NULL,
  PRIMARY KEY(evaluation, place)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS evaluation_scores(
  evaluation INTEGER NOT NULL, place INTEGER NOT NULL, column_name TEXT NOT NULL,
  answer TEXT NOT NULL, scores TEXT NOT NULL,
  PRIMARY KEY(evaluation, place, column_name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answers(
  key TEXT PRIMARY KEY, text TEXT NOT NULL, tokens INTEGER NOT NULL, reason TEXT NOT NULL,
  made REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS likelihoods(
  key TEXT PRIMARY KEY, nats REAL NOT NULL, tokens INTEGER NOT NULL) WITHOUT ROWID;
"""


class EvaluationFile:
    """The file of a workspace's evaluations; made when it is missing.

    Raises:
        DataError: it is damaged, or another program holds it.
        DiskFullError: there is no room to write.
    """

    TABLES: ClassVar[str] = ""
    """Statements that make what the class below keeps beside the evaluations."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained():
            self._file = open_tables(path, _TABLES + self.TABLES, _BUSY_SECONDS)

    def close(self) -> None:
        """Close the file; nothing is asked of it afterwards."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """All that is written inside is there afterwards, or none of it."""
        with self._explained(), all_or_nothing(self._file):
            yield

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as err:
            if "full" in str(err):
                raise DiskFullError(
                    "The disk is full: the evaluation could not be kept.",
                    "Free some room; what was written before is safe.",
                ) from err
            if "locked" in str(err):
                raise DataError(
                    "Another program holds the evaluations for too long.", "Try again."
                ) from err
            if getattr(err, "sqlite_errorname", "").startswith("SQLITE_IOERR"):
                raise DiskFullError(
                    f"The disk did not take what was to be kept in {self._path.name}.",
                    "Look whether it is full or was taken away; what was written before is safe.",
                ) from err
            raise self._damaged(err) from err
        except OSError as err:
            raise DataError(
                f"{self._path} cannot be opened: {err.strerror or err}.", "Check the folder."
            ) from err

    def _damaged(self, err: Exception) -> DataError:
        return DataError(
            f"The file of evaluations cannot be read: {err}.",
            f"Move {self._path.name} out of the workspace; a new one is made.",
        )

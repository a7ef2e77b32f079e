"""Fills a new dataset file fast and puts it in place whole, or leaves nothing behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio.core.problems import DataError
from studio.data import schema
from studio.data.order import GAP

BATCH = 2000
Cells = tuple[str, str, str, str, str | None, bytes | None]
"""instruction, input, output, split, other columns as JSON, the line as it was."""


class Loader:
    """A dataset file that is being filled beside its place.

    Raises:
        DataError: the place is taken or cannot be written to.
        DiskFullError: there is no room; nothing is left behind.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise DataError(
                f"There is a dataset {path.stem} already.", "Choose another name for it."
            )
        self.path = path
        self.rows = 0
        self._staged = path.with_name(f".{path.stem}.{os.getpid()}.partial")
        self._staged.unlink(missing_ok=True)
        self._waiting: list[tuple[object, ...]] = []
        self._sql = schema.create(self._staged)
        with schema.explained(path):
            for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -65536"):
                self._sql.execute(f"PRAGMA {pragma}").fetchone()
            self._sql.execute("BEGIN")

    def add_source(self, name: str, kind: str, mapping: Mapping[str, str]) -> None:
        """Say where the rows are from and which column went where."""
        with schema.explained(self.path):
            self._sql.execute(
                "INSERT INTO sources VALUES (1, ?, ?, ?, ?)",
                (name, kind, json.dumps(dict(mapping), ensure_ascii=False), time.time()),
            )

    def add(self, cells: Cells) -> None:
        """Add a row below the last one."""
        self.rows += 1
        self._waiting.append((self.rows, self.rows * GAP, *cells))
        if len(self._waiting) >= BATCH:
            self._flush()

    def leave_out(self, problems: Sequence[tuple[int, int, str, str]]) -> None:
        """Keep what could not be taken in: (line, byte, reason, preview)."""
        with schema.explained(self.path):
            self._sql.executemany(
                "INSERT INTO left_out(source, line, byte, reason, preview) VALUES (1, ?, ?, ?, ?)",
                problems,
            )

    def finish(self) -> None:
        """Put the file in its place; it is on the disk when this returns."""
        self._flush()
        with schema.explained(self.path):
            self._sql.execute("COMMIT")
            schema.add_indexes(self._sql)
            self._sql.close()
        try:
            with self._staged.open("rb+") as file:
                os.fsync(file.fileno())
            if self.path.exists():
                raise FileExistsError(f"{self.path.name} came into being meanwhile")
            self._staged.replace(self.path)
            sync_folder(self.path.parent)
        except OSError as err:
            raise schema.unwritable(self.path, err) from err

    def discard(self) -> None:
        """Leave nothing behind; does nothing after :meth:`finish`."""
        self._sql.close()
        self._staged.unlink(missing_ok=True)

    def _flush(self) -> None:
        with schema.explained(self.path):
            self._sql.executemany(
                "INSERT INTO rows(id, rank, instruction, input, output, split, extra, raw, source)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
                self._waiting,
            )
        self._waiting.clear()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder reach the disk, where the system can do that."""
    if os.name != "nt":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

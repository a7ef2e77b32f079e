"""Fills a new dataset file fast and puts it in place whole, or leaves nothing behind."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from studio.core.example import FIELDS, SPLITS, TRAIN, Kind
from studio.core.problems import DataError
from studio.data import schema
from studio.data.marks import Marks, write_snapshot
from studio.data.order import GAP, Order
from studio.machine.processes import mark_of

BATCH = 2000
BATCH_BYTES = 16 << 20
"""Of the rows as they were read; few rows may be very long."""
_CODES = {split: code for code, split in enumerate(SPLITS)}


class Loader:
    """A dataset file that is being filled beside its place.

    Raises:
        DataError: the place is taken or cannot be written to.
        DiskFullError: there is no room; nothing is left behind.
    """

    def __init__(self, path: Path, kind: Kind = Kind.TRIPLE) -> None:
        if path.exists():
            raise DataError(
                f"There is a dataset {path.stem} already.", "Choose another name for it."
            )
        self.path, self.kind = path, kind
        self.rows = 0
        self._staged = staged_for(path)
        self._rows: list[tuple[object, ...]] = []
        self._marks: list[tuple[int, int, str]] = []
        self._codes, self._raw_bytes = bytearray(1), 0
        columns = ("id", *FIELDS[kind], "source", "extra", "raw")
        holes = ", ".join("?" * len(columns))
        self._insert = f"INSERT INTO rows({', '.join(columns)}) VALUES ({holes})"
        self._sql = schema.create(self._staged, kind)
        with schema.explained(path):
            for pragma in ("journal_mode = MEMORY", "synchronous = OFF", "cache_size = -65536"):
                self._sql.execute(f"PRAGMA {pragma}").fetchone()
            self._sql.execute("BEGIN")

    def add_source(
        self,
        name: str,
        format: str,
        mapping: Mapping[str, str],
        layout: str = "",
        heading: str = "",
    ) -> int:
        """Say where rows are from and which column went where; return the source's id.

        Of a table the heading is kept as it stands, with its line end, so that an export can
        begin with it.
        """
        with schema.explained(self.path):
            made = self._sql.execute(
                "INSERT INTO sources(name, format, mapping, imported, layout, heading)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    name,
                    format,
                    json.dumps(dict(mapping), ensure_ascii=False),
                    time.time(),
                    layout,
                    heading,
                ),
            )
        return int(made.lastrowid or 0)

    def add(
        self,
        texts: tuple[str, ...],
        split: str = TRAIN,
        tags: Iterable[str] = (),
        extra: str | None = None,
        raw: bytes | None = None,
        source: int = 1,
    ) -> None:
        """Add a row below the last one.

        Args:
            texts: in the order of ``FIELDS[kind]``.
            split: one of ``SPLITS``.
            tags: each of which is not empty.
            extra: its other columns as JSON.
            raw: the line it was read from.
            source: what :meth:`add_source` returned.
        """
        self.rows += 1
        self._rows.append((self.rows, *texts, source, extra, raw))
        self._marks.append((self.rows, self.rows * GAP, split))
        self._codes.append(_CODES[split])
        for tag in tags:
            self._sql.execute("INSERT OR IGNORE INTO tagged VALUES (?, ?)", (self.rows, tag))
        self._raw_bytes += len(raw or b"")
        if len(self._rows) >= BATCH or self._raw_bytes > BATCH_BYTES:
            self._flush()

    def leave_out(
        self,
        line: int,
        byte: int,
        reason: str,
        preview: str,
        raw: bytes | None = None,
        source: int = 1,
    ) -> None:
        """Keep what could not be taken in, and that it stood below the last row added."""
        with schema.explained(self.path):
            self._sql.execute(
                "INSERT INTO left_out(source, line, byte, reason, preview, raw, below)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (source, line, byte, reason, preview, raw, self.rows),
            )

    def finish(self) -> None:
        """Put the file in its place; it is on the disk when this returns."""
        self._flush()
        with schema.explained(self.path):
            write_snapshot(self._sql, self._held())
            self._sql.execute("COMMIT")
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

    def _held(self) -> Marks:
        ids = np.arange(1, self.rows + 1, dtype=np.int64)
        return Marks(Order(ids, ids * GAP), np.frombuffer(self._codes, np.uint8))

    def _flush(self) -> None:
        with schema.explained(self.path):
            self._sql.executemany(self._insert, self._rows)
            self._sql.executemany("INSERT INTO marks VALUES (?, ?, ?, 0)", self._marks)
        self._rows.clear()
        self._raw_bytes = 0
        self._marks.clear()


def staged_for(path: Path) -> Path:
    """Return where a dataset is made before it takes its place; nothing is there."""
    sweep_staged(path.parent)
    staged = path.with_name(f".{path.stem}.{os.getpid()}.partial")
    staged.unlink(missing_ok=True)
    return staged


def sweep_staged(folder: Path) -> None:
    """Remove what killed processes had begun to make in a folder."""
    for left in folder.glob(".*.partial*"):
        number = left.name.split(".")[-2]
        if number.isdecimal() and mark_of(int(number)) is None:
            left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder reach the disk, where the system can do that."""
    if os.name != "nt":
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)

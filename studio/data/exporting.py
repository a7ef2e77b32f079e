"""Exports a dataset to a file; a row that was not touched leaves as the bytes it came as."""

from __future__ import annotations

import errno
import gzip
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, cast

from studio.core.problems import DataError, DiskFullError
from studio.data.datasetinfo import write_entry
from studio.data.exportfiles import (
    TableForm,
    Write,
    write_lines,
    write_list,
    write_table,
    write_text,
)
from studio.data.exportplan import Container, ExportPlan
from studio.data.exportrows import Record, Rows
from studio.data.loading import sync_folder
from studio.data.rowreader import RowReader
from studio.data.schema import Stopped, unwritable

LISTED = 100
"""Rows that could not be written are listed one by one up to so many."""
_EVERY = 500
Progress = Callable[[int, int], None]
"""Called with rows done and rows in all."""


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote.

    Attributes:
        rows: of the dataset that are in the file.
        lines: records of the file; more than rows if a pair became two.
        left_out: how many rows are not in it.
        reasons: (position from 1, why) of the first of them.
        notes: what is another than it was, in sentences.
    """

    path: Path
    rows: int
    lines: int
    left_out: int = 0
    reasons: tuple[tuple[int, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in a line or two."""
        said = f"{self.rows:,} {'row is' if self.rows == 1 else 'rows are'} in {self.path.name}."
        if self.lines != self.rows:
            said = f"{self.rows:,} rows are in {self.path.name}, as {self.lines:,} records."
        if self.left_out:
            at, reason = self.reasons[0]
            rest = f", and {self.left_out - 1:,} more" if self.left_out > 1 else ""
            said += f" Row {at:,} is left out: {reason}{rest}."
        return " ".join((said, *self.notes))


def export(
    dataset: RowReader,
    path: Path,
    plan: ExportPlan | None = None,
    *,
    progress: Progress | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ExportReport:
    """Write rows to a file, which appears whole or not at all; what was there stays until then.

    Parquet is not written here: see :mod:`studio.engine.convert`, which makes it of JSON lines.

    Args:
        dataset: what to read.
        path: the file.
        plan: what to write; by default all rows as JSON lines, as they came.
        progress: called now and then.
        cancelled: asked now and then; True ends it without a trace.

    Raises:
        DataError: the place cannot be written to, or it was stopped.
        DiskFullError: there is no room.
    """
    plan = plan or ExportPlan()
    rows = Rows(dataset, plan)
    tally = _Tally(len(rows.ids), progress, cancelled)
    with written(path, packed=plan.packed) as file:
        for lines in _write(tally.counted(rows), rows, rows, plan, file.write):
            tally.lines += lines
    if plan.info:
        write_entry(path, rows.reading)
    return ExportReport(
        path, tally.rows - tally.left_out, tally.lines, tally.left_out, tuple(tally.reasons)
    )


def preview(dataset: RowReader, plan: ExportPlan, lines: int = 3, width: int = 2000) -> str:
    """Return how the file will begin."""
    rows, held = Rows(dataset, plan), bytearray()
    first = list(islice(rows, lines))
    for _ in _write(first, first, rows, plan, held.extend):
        pass
    return held.decode("utf-8", "replace")[:width]


def _write(
    records: Iterable[Record],
    all_records: Iterable[Record],
    rows: Rows,
    plan: ExportPlan,
    write: Write,
) -> Iterator[int]:
    """Write records; all of them are walked through once more where the columns ask for it."""
    match plan.container:
        case Container.JSON:
            return write_list(records, write)
        case Container.TEXT:
            return write_text(records, write)
        case Container.CSV | Container.TSV:
            return write_table(records, _table_form(all_records, rows, plan), write)
    return write_lines(records, write)


def _table_form(records: Iterable[Record], rows: Rows, plan: ExportPlan) -> TableForm:
    sign, source = "\t" if plan.container is Container.TSV else ",", rows.table
    found: dict[str, None] = dict.fromkeys(source.columns) if source is not None else {}
    for record in records:
        for values in record.values or ():
            found.update(dict.fromkeys(values))
    columns = tuple(found or rows.reading.roles)
    if source is None or source.format != plan.container:
        newline = source.newline if source is not None else "\n"
        return TableForm(columns, sign, newline, escape=plan.escape)
    if columns != tuple(source.columns):
        return TableForm(columns, source.delimiter, source.newline, escape=plan.escape)
    return TableForm(
        columns, source.delimiter, source.newline, source.heading, not plan.escape, plan.escape
    )


class _Tally:
    """Counts the rows of an export, and keeps those without a place aside."""

    def __init__(
        self, total: int, progress: Progress | None, cancelled: Callable[[], bool] | None
    ) -> None:
        self._total, self._progress, self._cancelled = total, progress, cancelled
        self.rows = self.lines = self.left_out = 0
        self.reasons: list[tuple[int, str]] = []

    def counted(self, records: Rows) -> Iterator[Record]:
        """Yield the records that can be written.

        Raises:
            Stopped: the user does not want it any more.
        """
        for record in records:
            if self.rows % _EVERY == 0:
                if self._cancelled is not None and self._cancelled():
                    raise Stopped("The export was stopped; no file was written.")
                if self._progress is not None:
                    self._progress(self.rows, self._total)
            self.rows += 1
            if not record.reason:
                yield record
                continue
            self.left_out += 1
            if len(self.reasons) < LISTED:
                self.reasons.append((record.at + 1, record.reason))


@contextmanager
def written(path: Path, *, packed: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write to that takes its place, on the disk, when the body ends well.

    Raises:
        DataError: the place cannot be written to.
        DiskFullError: there is no room.
    """
    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with staged.open("wb", buffering=1 << 20) as file, ExitStack() as stack:
            out = cast(IO[bytes], file)
            if packed:
                pack = gzip.GzipFile("", "wb", compresslevel=6, fileobj=file, mtime=0)
                out = cast(IO[bytes], stack.enter_context(pack))
            yield out
            stack.close()
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise _no_room(path, err) from err
    finally:
        staged.unlink(missing_ok=True)


def _no_room(path: Path, err: OSError) -> DataError | DiskFullError:
    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            f"The disk is full: {path} was not written.", "Free some room, or choose another place."
        )
    return unwritable(path, err)


def export_jsonl(dataset: RowReader, path: Path, split: str = "") -> int:
    """Write the rows, or those of one split, as JSON lines; return how many.

    Raises:
        DataError: the place cannot be written to.
        DiskFullError: there is no room.
    """
    return export(dataset, path, ExportPlan(split=split)).rows

"""Imports a file of rows as a new dataset: every good row comes in, every bad one is named.

The user's file is only read. Text comes in as it is: no number, date or blank is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from studio.core.example import TRAIN
from studio.core.problems import DataError
from studio.data.loading import Loader
from studio.data.rowfiles import (
    Record,
    kind_of,
    open_rows,
    preview,
    read_json,
    read_jsonl,
    size_of,
)
from studio.data.rowvalues import (
    RowFault,
    check_mapping,
    guess_mapping,
    other_columns,
    row_texts,
)
from studio.data.tablerows import read_table

LISTED = 10_000
"""Problems that are listed one by one; more are counted."""
_PEEKED = 100
"""Good records whose columns decide what is what."""
_EVERY = 500
"""Records between two looks at progress and cancel."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out: its line (from 1), the byte at which that line starts, and why."""

    line: int
    byte: int
    reason: str
    preview: str = ""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is; sizes in bytes of the file."""

    file: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; unlisted counts problems past the first ten thousand."""

    rows: int
    problems: list[Problem]
    dataset: Path
    source: Path
    mapping: dict[str, str]
    unlisted: int = 0

    @property
    def sentence(self) -> str:
        """The outcome in a line: "51,999 rows are in. Line 812 was left out: ..."."""
        said = f"{self.rows:,} {'row is' if self.rows == 1 else 'rows are'} in."
        left = len(self.problems) + self.unlisted
        if left == 1:
            return f"{said} Line {self.problems[0].line:,} is left out: {self.problems[0].reason}."
        return f"{said} {left:,} lines are left out." if left else said


class ImportCancelled(DataError):
    """The user stopped the import; nothing of it is left."""


def import_file(
    path: Path,
    dataset_path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    progress: Callable[[ImportProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImportReport:
    """Read a JSON, JSONL, CSV or TSV file into a new dataset.

    Args:
        path: the file; it is never written to.
        dataset_path: where the dataset appears, whole, once everything is in.
        mapping: column to role (instruction, input, output, split); guessed from the names if None.
        progress: called now and then, in this thread.
        cancelled: asked now and then; True ends the import without a trace.

    Raises:
        DataError: the file cannot be read or has no usable row, or the dataset exists.
        DiskFullError: there is no room; nothing is left behind.
        ImportCancelled: it was cancelled.
    """
    with open_rows(path) as file:
        kind = kind_of(path, file)
        head, records, columns = _peek(_records(file, kind, path.name))
        chosen = _mapping(mapping, head, columns, path.name)
        loader = Loader(dataset_path)
        try:
            loader.add_source(path.name, kind, chosen)
            intake = _Intake(loader, chosen)
            for at, record in enumerate(chain(head, records)):
                intake.take(record)
                if at % _EVERY == 0:
                    if cancelled is not None and cancelled():
                        raise ImportCancelled(f"The import of {path.name} was stopped.")
                    if progress is not None:
                        done = ImportProgress(path.name, record.byte, size_of(file), loader.rows)
                        progress(done)
            intake.finish(path.name)
            loader.finish()
        finally:
            loader.discard()
    return ImportReport(loader.rows, intake.problems, dataset_path, path, chosen, intake.unlisted)


def _records(file: BinaryIO, kind: str, name: str) -> Iterator[Record]:
    if kind == "jsonl":
        return read_jsonl(file)
    if kind == "json":
        return read_json(file, name)
    return read_table(file, kind, name)


def _peek(records: Iterator[Record]) -> tuple[list[Record], Iterator[Record], list[str]]:
    """Return the first records, the rest, and the columns of the good ones among the first."""
    head: list[Record] = []
    columns: dict[str, None] = {}
    good = 0
    for record in records:
        head.append(record)
        if record.values is not None:
            good += 1
            columns.update(dict.fromkeys(record.values))
        if good == _PEEKED or len(head) == LISTED:
            break
    return head, records, list(columns)


def _mapping(
    mapping: Mapping[str, str] | None, head: list[Record], columns: list[str], name: str
) -> dict[str, str]:
    if not columns:
        raise _no_rows(name, [Problem(r.line, r.byte, r.fault) for r in head[:1]])
    if mapping is None:
        return guess_mapping(columns, name)
    return check_mapping(mapping, columns, name)


def _no_rows(name: str, problems: list[Problem]) -> DataError:
    why = f": line {problems[0].line} is left out, {problems[0].reason}" if problems else ""
    return DataError(
        f"{name} has no row that can be used{why}.",
        "Rows need an instruction and an output, in JSON, JSONL, CSV or TSV.",
    )


class _Intake:
    """Puts records into a dataset, or onto the list of problems."""

    def __init__(self, loader: Loader, mapping: Mapping[str, str]) -> None:
        self._loader, self._map = loader, mapping
        self.problems: list[Problem] = []
        self.unlisted = 0

    def take(self, record: Record) -> None:
        if record.values is None:
            self._refuse(Problem(record.line, record.byte, record.fault, record.preview))
            return
        try:
            self._add(record)
        except (RowFault, RecursionError) as err:
            reason = str(err) if isinstance(err, RowFault) else "it is nested too deeply"
            shown = preview(record.raw or repr(record.values)[:500].encode("utf-8", "replace"))
            self._refuse(Problem(record.line, record.byte, reason, shown))

    def finish(self, name: str) -> None:
        """Keep the problems in the dataset.

        Raises:
            DataError: not one row is in.
        """
        if not self._loader.rows:
            raise _no_rows(name, self.problems)
        for p in self.problems:
            self._loader.leave_out(p.line, p.byte, p.reason, p.preview)

    def _add(self, record: Record) -> None:
        assert record.values is not None
        *texts, split = row_texts(record.values, self._map)
        extra = other_columns(record.values, self._map)
        if extra is not None:
            _storable(extra)
        self._loader.add(tuple(texts), split or TRAIN, extra=extra, raw=record.raw)

    def _refuse(self, problem: Problem) -> None:
        if len(self.problems) < LISTED:
            self.problems.append(problem)
        else:
            self.unlisted += 1


def _storable(extra: str) -> None:
    try:
        extra.encode()
    except UnicodeEncodeError as err:
        raise RowFault("another column holds half of a character") from err

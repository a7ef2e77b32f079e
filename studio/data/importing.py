"""Imports files as a new dataset: every good row comes in, every bad one is kept to be mended.

The user's files are only read. Text comes in as it is: no number, date or blank is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data.bytestreams import open_part, read_so_far
from studio.data.layouts import Layout, Reading, recognise_as
from studio.data.loading import Loader
from studio.data.looking import Plan, look_at, records
from studio.data.records import RAW_KEPT, Record, preview
from studio.data.rowshapes import cells_of, check_reading, kind_of_roles
from studio.data.rowvalues import RowFault

LISTED = 10_000
"""Problems that a report lists one by one; the dataset holds them all."""
_EVERY = 500
"""Records between two looks at progress and cancel."""
_RAW_BUDGET = 256 << 20
"""Bytes of bad rows that are kept whole in one dataset; past that only how they begin."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A row that was left out: its line (from 1), the byte at which that line starts, and why."""

    line: int
    byte: int
    reason: str
    preview: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is; done and total count bytes as the files have them on the disk."""

    file: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did; unlisted counts problems past the first ten thousand.

    Attributes:
        source: the first file.
        mapping: column to role of the first file.
        files: names of all files, with what is inside archives.
        remarks: what was noticed, a sentence each.
    """

    rows: int
    problems: list[Problem]
    dataset: Path
    source: Path
    mapping: dict[str, str]
    unlisted: int = 0
    kind: Kind = Kind.TRIPLE
    files: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The outcome in a line: "51,999 rows are in. Line 812 is left out: ..."."""
        said = f"{self.rows:,} {'row is' if self.rows == 1 else 'rows are'} in."
        left = len(self.problems) + self.unlisted
        if left == 1:
            return f"{said} Line {self.problems[0].line:,} is left out: {self.problems[0].reason}."
        return f"{said} {left:,} lines are left out." if left else said


class ImportCancelled(DataError):
    """The user stopped the import; nothing of it is left."""


Progress = Callable[[ImportProgress], None]
Cancelled = Callable[[], bool]


def import_file(
    path: Path,
    dataset_path: Path,
    *,
    mapping: Mapping[str, str] | None = None,
    kind: Kind | None = None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> ImportReport:
    """Import one file, or all that an archive holds, as it is recognised or as the mapping says.

    Args:
        path: the file; it is never written to.
        dataset_path: where the dataset appears, whole, once everything is in.
        mapping: column to role; found out from the names and the first rows if None.
        kind: what the rows become; by the roles if None.
        progress: called now and then, in this thread.
        cancelled: asked now and then; True ends the import without a trace.

    Raises:
        DataError: the file cannot be read or has no usable row, or the dataset exists.
        DiskFullError: there is no room; nothing is left behind.
        ImportCancelled: it was cancelled.
    """
    plans = [read_as(plan, kind, mapping) for plan in look_at(path)]
    return import_files(plans, dataset_path, progress=progress, cancelled=cancelled)


def read_as(plan: Plan, kind: Kind | None, mapping: Mapping[str, str] | None) -> Plan:
    """Return a plan with what the user said about it; what was not said is as recognised.

    Raises:
        DataError: it does not fit the file.
    """
    if not plan.columns or (kind is None and mapping is None):
        return plan
    if mapping is None:
        reading = recognise_as(kind or Kind.TRIPLE, plan.samples)
    else:
        reading = Reading(kind or kind_of_roles(mapping), Layout.OWN, dict(mapping))
    found = plan.reading
    if found is not None and (found.kind, found.roles) == (reading.kind, reading.roles):
        return plan
    return plan.read_as(check_reading(reading, plan.columns, plan.name))


def import_files(
    plans: Sequence[Plan],
    dataset_path: Path,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> ImportReport:
    """Import what was looked at as one new dataset; see :func:`import_file`.

    Raises:
        DataError: as there; also if rows of different kinds would come together.
    """
    readings = [reading_of(plan) for plan in plans]
    kind = _one_kind(plans, readings)
    loader = Loader(dataset_path, kind)
    try:
        intake = _Intake(loader, plans, progress, cancelled)
        for plan, reading in zip(plans, readings, strict=True):
            intake.take(plan, reading)
        if not loader.rows:
            first = intake.problems[0] if intake.problems else None
            why = f"line {first.line:,} is left out, {first.reason}" if first else ""
            raise no_rows(plans[0].name, why)
        loader.finish()
    finally:
        loader.discard()
    return ImportReport(
        loader.rows,
        intake.problems,
        dataset_path,
        plans[0].part.path,
        dict(readings[0].roles),
        intake.unlisted,
        kind,
        tuple(plan.name for plan in plans),
        tuple(remark for plan in plans for remark in plan.remarks),
    )


def _one_kind(plans: Sequence[Plan], readings: Sequence[Reading]) -> Kind:
    kind = readings[0].kind
    other = next((p for p, r in zip(plans, readings, strict=True) if r.kind is not kind), None)
    if other is not None:
        raise DataError(
            f"{plans[0].name} and {other.name} hold rows of different kinds.",
            "Import them as a dataset each.",
        )
    return kind


def reading_of(plan: Plan) -> Reading:
    """Return how a plan reads its file.

    Raises:
        DataError: nobody has said so, or it has no row at all.
    """
    if not plan.columns:
        raise no_rows(plan.name, plan.fault)
    if plan.reading is None:
        listed = ", ".join(plan.columns[:8]) + (" …" if len(plan.columns) > 8 else "")
        raise DataError(
            f"{plan.name}: it is not clear what its columns are ({listed}).",
            "Say which column is what, such as --map question=instruction --map reply=output.",
        )
    return check_reading(plan.reading, plan.columns, plan.name)


def no_rows(name: str, why: str) -> DataError:
    """Return the sentence for a file without a row that can be used."""
    return DataError(
        f"{name} has no row that can be used{': ' + why if why else ''}.",
        "Rows are questions with answers, conversations, preferences or running text.",
    )


class _Intake:
    """Puts records into a dataset, or onto the list of problems."""

    def __init__(
        self,
        loader: Loader,
        plans: Sequence[Plan],
        progress: Progress | None,
        cancelled: Cancelled | None,
    ) -> None:
        self._loader, self._progress, self._cancelled = loader, progress, cancelled
        self._total = sum(plan.part.size for plan in plans)
        self._before, self._kept = 0, 0
        self._listed = {plan.name for plan in plans}
        self.problems: list[Problem] = []
        self.unlisted = 0

    def take(self, plan: Plan, reading: Reading) -> None:
        """Take in all records of a part."""
        loader, make, add = self._loader, cells_of(reading), self._loader.add
        how = plan.written
        source = loader.add_source(
            plan.name, how.format, reading.roles, reading.layout.value, how.heading
        )
        self._tell(plan, 0)
        with open_part(plan.part, plan.written.encoding) as file:
            for at, record in enumerate(records(file, plan)):
                if at % _EVERY == _EVERY - 1:
                    self._tell(plan, read_so_far(file))
                if record.values is None:
                    self._refuse(plan, source, record, record.fault)
                    continue
                try:
                    texts, split, tags, extra = make(record.values)
                except (RowFault, RecursionError) as err:
                    fault = str(err) if isinstance(err, RowFault) else "it is nested too deeply"
                    self._refuse(plan, source, record, fault)
                    continue
                add(texts, split, tags, extra, record.raw, source)
        self._before += plan.part.size

    def _tell(self, plan: Plan, done: int) -> None:
        if self._cancelled is not None and self._cancelled():
            raise ImportCancelled(f"The import of {plan.name} was stopped.")
        if self._progress is not None:
            done = min(self._before + done, self._total)
            self._progress(ImportProgress(plan.name, done, self._total, self._loader.rows))

    def _refuse(self, plan: Plan, source: int, record: Record, fault: str) -> None:
        raw = record.raw
        if raw is None:  # cells of a table
            raw = repr(record.values)[:500].encode("utf-8", "replace")
        shown = preview(raw)
        kept = raw[:RAW_KEPT] if self._kept < _RAW_BUDGET else None
        self._kept += len(kept or b"")
        self._loader.leave_out(record.line, record.byte, fault, shown, kept, source)
        if len(self.problems) < LISTED:
            name = plan.name if len(self._listed) > 1 else ""
            self.problems.append(Problem(record.line, record.byte, fault, shown, name))
        else:
            self.unlisted += 1

"""The records of an export: each row as its file has it, or in a layout of its own."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from studio.core.example import Kind
from studio.data.conversions import WontConvert, converted
from studio.data.exportplan import Beside, Container, ExportPlan
from studio.data.jsonrows import parse_line
from studio.data.layouts import SPLIT, TAGS, Layout, Reading
from studio.data.packing import Ids
from studio.data.rowreader import Row, RowReader
from studio.data.rowshapes import Cells, cells_of
from studio.data.rowvalues import RowFault, split_in, tags_in
from studio.data.rowwriting import STANDARD, Unfit, Values, default_of, values_of
from studio.data.tablerows import delimiter_of

JSON_FORMATS = ("jsonl", "json")
"""Formats of which the bytes of a row are a JSON object."""
TABLE_FORMATS, TEXT_FORMAT = ("csv", "tsv"), "text"
_LAYOUTS = {layout.value for layout in Layout}
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """What one row is written as.

    Attributes:
        at: the row's position in the dataset's order of this export, from 0.
        values: the records; mostly one. None if raw says it all.
        raw: the bytes the row came as, if it is untouched and nothing is added.
        reason: why it cannot be written; then there is nothing else.
        form: the format of the file it came from.
        text: of running text: the text itself.
        between: and what stands between it and the next one.
    """

    at: int
    values: list[Values] | None = None
    raw: bytes | None = None
    reason: str = ""
    form: str = ""
    text: str = ""
    between: bytes = b"\n\n"


@dataclass(frozen=True)
class Source:
    """A file that rows came from.

    Attributes:
        format: its kind of file.
        reading: what its columns are.
        read: makes cells of a record of it.
        heading: of a table, as it stands in the file.
    """

    format: str
    reading: Reading
    read: Callable[[Values], Cells]
    heading: str = ""

    @property
    def newline(self) -> str:
        """How its lines end."""
        return "\r\n" if self.heading.endswith("\r\n") else "\n"

    @property
    def delimiter(self) -> str:
        """What stands between the cells of a table."""
        return "\t" if self.format == "tsv" else delimiter_of(self.heading)

    @cached_property
    def columns(self) -> list[str]:
        """The columns of a table, in its order; none for other files."""
        line = self.heading.removeprefix("\ufeff")
        return [name.strip() for name in next(csv.reader([line], delimiter=self.delimiter), [])]


def sources_of(dataset: RowReader) -> dict[int, Source]:
    """Return the files of a dataset by their ids."""
    found = {}
    for source, form, mapping, layout, heading in dataset.select(
        "SELECT id, format, mapping, layout, heading FROM sources ORDER BY id"
    ):
        known = Layout(layout) if layout in _LAYOUTS else Layout.OWN
        roles = json.loads(mapping)
        reading = Reading(dataset.kind, known, roles) if roles else default_of(dataset.kind)
        found[source] = Source(form, reading, cells_of(reading), heading)
    return found


class Rows:
    """Walks over the rows of an export; may be walked over more than once."""

    def __init__(self, dataset: RowReader, plan: ExportPlan) -> None:
        self._dataset, self._plan = dataset, plan
        self.sources = sources_of(dataset)
        first = next(iter(self.sources.values()), None)
        usual = first.reading if first is not None else default_of(dataset.kind)
        self._usual = Source("", usual, cells_of(usual))
        self._reading = STANDARD[plan.layout] if plan.layout is not None else None
        self._as_it_is = not plan.beside and plan.container in (Container.JSONL, Container.JSON)

    @property
    def ids(self) -> Ids:
        """The rows that are written, in order."""
        ids, split = self._plan.ids, self._plan.split
        if ids is None:
            return self._dataset.find(split=split)
        if not split:
            return ids
        held = set(self._dataset.find(split=split).tolist())
        return ids[[row in held for row in ids.tolist()]]

    @property
    def reading(self) -> Reading:
        """What the columns of the file that is written are."""
        return self._reading or self._usual.reading

    @property
    def table(self) -> Source | None:
        """The table that all rows came from, if there is just one."""
        if self._reading is not None or len(self.sources) != 1:
            return None
        (source,) = self.sources.values()
        return source if source.format in TABLE_FORMATS and source.heading else None

    def __iter__(self) -> Iterator[Record]:
        ids = self.ids
        for start in range(0, len(ids), _PAGE):
            page = ids[start : start + _PAGE].tolist()
            originals = self._dataset.originals(page)
            for at, row in enumerate(self._dataset.rows_of(page), start):
                yield self._record(at, row, *originals[row.id])

    def _record(
        self, at: int, row: Row, raw: bytes | None, extra: str | None, source_id: int
    ) -> Record:
        source = self.sources.get(source_id, self._usual)
        text = row.texts[0] if row.kind is Kind.TEXT else ""
        between = b"\n\n"
        if source.format == TEXT_FORMAT:  # a row of a whole file has its own end
            between = b"" if raw is None or text.endswith("\n") else _between(raw)
        try:
            values, same = self._values(row, raw, extra, source)
        except (Unfit, WontConvert) as err:
            return Record(at, reason=str(err))
        for record in values:
            self._add_beside(row, record)
        return Record(at, values, raw if same else None, "", source.format, text, between)

    def _values(
        self, row: Row, raw: bytes | None, extra: str | None, source: Source
    ) -> tuple[list[Values], bool]:
        """Return the records of a row, and whether the bytes it came as say the same."""
        if self._reading is not None:
            return self._laid_out(self._reading, row, extra), False
        if raw is None or source.format not in JSON_FORMATS:
            return self._own(row, extra, source), _untouched(row, source)
        if self._as_it_is and _untouched(row, source) and b"\n" not in raw.rstrip():
            return [], True
        came = parse_line(raw.decode())
        if _says_the_same(row, came, source):
            return [came], not self._plan.beside
        return self._changed(row, came, source), False

    def _laid_out(self, reading: Reading, row: Row, extra: str | None) -> list[Values]:
        texts = row.texts
        if reading.layout is Layout.PROMPT_COMPLETION:
            texts = (row.triple.question, "", texts[2])
        held = parse_line(extra) if extra else {}
        base = {name: value for name, value in held.items() if name not in reading.roles}
        texts = converted(row.kind, reading.kind, texts)
        made = values_of(reading, texts, base, checked=row.kind is Kind.TRIPLE)
        return [_in_order(list(reading.roles), each) for each in made]

    def _own(self, row: Row, extra: str | None, source: Source) -> list[Values]:
        base = parse_line(extra) if extra else {}
        made = values_of(source.reading, row.texts, base)
        columns = source.columns or list(source.reading.roles)
        return [self._marked(row, _in_order(columns, each), source) for each in made]

    def _changed(self, row: Row, came: Values, source: Source) -> list[Values]:
        try:
            same = source.read(came).texts == row.texts
        except RowFault:
            same = False
        made = [dict(came)] if same else values_of(source.reading, row.texts, came)
        return [self._marked(row, each, source) for each in made]

    def _marked(self, row: Row, values: Values, source: Source) -> Values:
        """Write split and tags where the file itself has columns for them."""
        for column, role in source.reading.roles.items():
            if role == SPLIT and values.get(column) != row.split:
                values[column] = _renamed(values.get(column), row.split)
            elif role == TAGS:
                values[column] = _tags(values.get(column), row)
        return values

    def _add_beside(self, row: Row, values: Values) -> None:
        asked = self._plan.beside
        roles = {} if self._reading is not None else self._usual.reading.roles
        if Beside.SPLIT in asked and SPLIT not in roles.values():
            values[SPLIT] = row.split
        if Beside.TAGS in asked and TAGS not in roles.values():
            table = self._plan.container in (Container.CSV, Container.TSV)
            values[TAGS] = ",".join(row.tags) if table else list(row.tags)
        if Beside.NOTE in asked:
            values["note"] = row.note


def _untouched(row: Row, source: Source) -> bool:
    return row.stamp == 0 and not {SPLIT, TAGS} & set(source.reading.roles.values())


def _between(raw: bytes) -> bytes:
    """Return what stands in a file after a text: its line end and the blank lines below it."""
    end = len(raw.rstrip(b" \t\r\n"))
    cut = raw.find(b"\n", end)
    if cut < 0:
        return b""
    return raw[cut - 1 :] if raw[cut - 1 : cut] == b"\r" else raw[cut:]


def _says_the_same(row: Row, came: Values, source: Source) -> bool:
    roles = source.reading.roles.values()
    if _untouched(row, source):
        return True
    try:
        cells = source.read(came)
    except RowFault:
        return False
    return (
        cells.texts == row.texts
        and (SPLIT not in roles or cells.split == row.split)
        and (TAGS not in roles or set(cells.tags) == set(row.tags))
    )


def _renamed(before: Any, split: str) -> str:
    """Return a split's name, as the file named it if that is the same one."""
    try:
        return str(before) if before is not None and split_in(before) == split else split
    except RowFault:
        return split


def _tags(before: Any, row: Row) -> Any:
    try:
        if set(tags_in(before)) == set(row.tags):
            return before
    except RowFault:
        pass
    return ",".join(row.tags) if isinstance(before, str) else list(row.tags)


def _in_order(columns: list[str], values: Values) -> Values:
    """Return a record with these columns first, as far as it has them."""
    return {name: values[name] for name in columns if name in values} | values

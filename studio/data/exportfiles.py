"""Writes records as a file of a kind: JSON lines, a JSON list, a table or running text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from studio.data.exportrows import JSON_FORMATS, TABLE_FORMATS, TEXT_FORMAT, Record
from studio.data.rowvalues import Number, dump

Write = Callable[[bytes], object]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How cells begin that a spreadsheet takes for a formula."""
_HALF = re.compile("[\ud800-\udfff]")


def encoded(text: str) -> bytes:
    """Return JSON as bytes; half of a character, which UTF-8 cannot hold, as its escape."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return _HALF.sub(lambda found: f"\\u{ord(found.group()):04x}", text).encode()


def written(values: Any) -> str:
    """Return values as one line of JSON, numbers as they were written."""
    try:
        return json.dumps(values, ensure_ascii=False)
    except TypeError:  # a number that keeps how it was written
        return dump(values)


def write_lines(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write a line for each record; yield how many lines each row took.

    The last line of a file may lack its end; it gets one if another line follows.
    """
    last = b"\n"
    for record in records:
        raw = _json(record)
        if raw is not None and b"\n" not in raw.rstrip(b"\n"):
            made = [raw]
        else:
            made = [encoded(written(values)) + b"\n" for values in record.values or ()]
        for line in made:
            write(line if last.endswith(b"\n") else b"\n" + line)
            last = line
        yield len(made)


def write_list(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write a list with one record a line."""
    write(b"[")
    between = b"\n"
    for record in records:
        raw = _json(record)
        items = (
            [raw.strip()]
            if raw is not None
            else [encoded(written(values)) for values in record.values or ()]
        )
        for item in items:
            write(between + item)
            between = b",\n"
        yield len(items)
    write(b"\n]\n")


def _json(record: Record) -> bytes | None:
    return record.raw if record.form in JSON_FORMATS else None


@dataclass(frozen=True, slots=True)
class TableForm:
    """How a table is written.

    Attributes:
        columns: in their order.
        heading: as it stands in the file that rows came from; made of the columns if empty.
        kept: whether untouched rows are written as they stand in that file.
        escape: whether cells are kept from being taken for formulas.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    newline: str = "\n"
    heading: str = ""
    kept: bool = False
    escape: bool = False

    def line(self, cells: Sequence[str]) -> str:
        """Return a row of the table; one cell that is empty is quoted, or it would be no row."""
        if self.escape:
            cells = [safe(text) for text in cells]
        made = self.delimiter.join(self._quoted(text) for text in cells)
        return (made or '""') + self.newline

    def _quoted(self, text: str) -> str:
        if any(sign in text for sign in (self.delimiter, '"', "\n", "\r")):
            return '"' + text.replace('"', '""') + '"'
        return text


def write_table(records: Iterable[Record], form: TableForm, write: Write) -> Iterator[int]:
    """Write a heading and a row for each record; lists and objects are JSON in their cell."""
    write(encoded(form.heading or form.line(form.columns)))
    last = b"\n"
    for record in records:
        if form.kept and record.raw is not None and record.form in TABLE_FORMATS:
            made = [record.raw]
        else:
            rows = record.values or ()
            made = [
                encoded(form.line([cell(values.get(column)) for column in form.columns]))
                for values in rows
            ]
        for line in made:
            write(line if last.endswith(b"\n") else form.newline.encode() + line)
            last = line
        yield len(made)


def cell(value: Any) -> str:
    """Return a value as the text of a cell."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Number):
        return value.written
    return encoded(written(value)).decode()


def safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def write_text(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write texts as they came, with what stood between them; new ones as paragraphs."""
    last = b"\n"
    for record in records:
        if not last.endswith(b"\n"):
            write(b"\n\n")
        kept = record.raw is not None and record.form == TEXT_FORMAT
        last = (record.raw or b"") if kept else record.text.encode() + record.between
        write(last)
        yield 1

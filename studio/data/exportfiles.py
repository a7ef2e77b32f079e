"""Writes records as a file of a kind: JSON lines, a JSON list, a table or running text."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from studio.data.exportrows import Record
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


def write_lines(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write a line for each record; yield how many lines each row took."""
    for record in records:
        if record.raw is not None:
            write(record.raw if record.raw.endswith(b"\n") else record.raw + b"\n")
            yield 1
            continue
        for values in record.values or ():
            write(encoded(dump(values)) + b"\n")
        yield len(record.values or ())


def write_list(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write a list with one record a line."""
    write(b"[")
    between = b"\n"
    for record in records:
        items = (
            [record.raw.strip()]
            if record.raw is not None
            else [encoded(dump(values)) for values in record.values or ()]
        )
        for item in items:
            write(between + item)
            between = b",\n"
        yield len(items)
    write(b"\n]\n")


def write_table(
    records: Iterable[Record],
    columns: Sequence[str],
    write: Write,
    *,
    delimiter: str = ",",
    newline: str = "\n",
    escape: bool = False,
) -> Iterator[int]:
    """Write a heading and a row for each record; lists and objects are JSON in their cell."""
    held = io.StringIO(newline="")
    table = csv.writer(held, delimiter=delimiter, lineterminator=newline)
    table.writerow(columns)
    for record in records:
        for values in record.values or ():
            cells = [cell(values.get(column)) for column in columns]
            table.writerow([safe(text) for text in cells] if escape else cells)
        write(encoded(held.getvalue()))
        held.seek(0)
        held.truncate()
        yield len(record.values or ())
    write(encoded(held.getvalue()))


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
    return encoded(dump(value)).decode()


def safe(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + text if text.startswith(FORMULA) else text


def write_text(records: Iterable[Record], write: Write) -> Iterator[int]:
    """Write texts as they came, with what stood between them; new ones as paragraphs."""
    last = b"\n"
    for record in records:
        if not last.endswith(b"\n"):
            write(b"\n\n")
        last = record.raw if record.raw is not None else record.text.encode() + record.between
        write(last)
        yield 1

"""Reads tables with commas, semicolons or tabs, and finds its way back after a broken quote."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from studio.core.problems import DataError
from studio.data.jsonlines import decode, read_lines
from studio.data.records import BOM, RAW_KEPT, Record
from studio.data.rowvalues import RowFault

MAX_LINES = 20_000
"""A cell with more lines than this is taken for a quote that was never closed."""
_FIELD = 2**31 - 1
_QUOTED = re.compile(r'"[^"]*(?:"|\Z)')


class _Lines:
    """Feeds a csv reader line by line, and can take lines back."""

    def __init__(self, file: BinaryIO) -> None:
        self._fresh = read_lines(file)
        self._back: deque[tuple[int, int, bytes]] = deque()
        self.taken: list[tuple[int, int, bytes]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._back:
            entry = self._back.popleft()
        else:
            line, byte, data, fault = next(self._fresh)
            entry = (line, byte, data.removeprefix(BOM) if line == 1 else data)
            if fault:
                self.taken.append(entry)
                raise RowFault(fault)
        self.taken.append(entry)
        if len(self.taken) > MAX_LINES:
            raise RowFault("a quote is never closed")
        return decode(entry[2])

    def give_back(self) -> None:
        """Let all lines taken but the first come again."""
        self._back.extendleft(reversed(self.taken[1:]))
        del self.taken[1:]


def read_table(file: BinaryIO, delimiter: str, name: str) -> Iterator[Record]:
    """Yield a record for each row below the heading.

    Raises:
        DataError: the heading cannot be read, or names a column twice.
    """
    csv.field_size_limit(_FIELD)
    lines = _Lines(file)
    heading = _next_row(lines, delimiter)
    while heading == []:
        lines.taken.clear()
        heading = _next_row(lines, delimiter)
    if heading is None or isinstance(heading, str):
        raise DataError(f"The heading of {name} cannot be read: {heading or 'it is missing'}.")
    names = [column.strip() for column in heading]
    twice = next((column for column in names if names.count(column) > 1), None)
    if twice is not None:
        raise DataError(f"{name} names the column {twice!r} twice.", "Rename one of them.")
    yield from _records(lines, delimiter, names)


def _records(lines: _Lines, delimiter: str, names: list[str]) -> Iterator[Record]:
    while True:
        lines.taken.clear()
        row = _next_row(lines, delimiter)
        if row is None:
            return
        if row == []:
            continue
        line, byte, data = lines.taken[0]
        if isinstance(row, str):
            fault = row
        elif len(row) != len(names):
            fault = columns_fault(len(row), len(names))
        else:
            raw = b"".join(held for _, _, held in lines.taken)
            yield Record(line, byte, dict(zip(names, row, strict=True)), raw=raw)
            continue
        lines.give_back()
        yield Record(line, byte, fault=fault, raw=data[:RAW_KEPT])


def _next_row(lines: _Lines, delimiter: str) -> list[str] | str | None:
    """Return the next row's cells, a fault, or None at the end."""
    try:
        return next(csv.reader(lines, delimiter=delimiter, strict=True))
    except StopIteration:
        return None
    except RowFault as err:
        return str(err)
    except csv.Error as err:
        said = str(err)
        if "unexpected end of data" in said:
            return "a quote is never closed"
        if "expected after" in said:
            return "a quote stands inside a cell; it is doubled there, or the cell is not quoted"
        if "new-line" in said:
            return "a carriage return stands inside a cell without quotes"
        return said


def delimiter_of(heading: str) -> str:
    """Return what stands between the columns of a heading; what names hold in quotes is no sign."""
    return max(",;\t", key=_QUOTED.sub("", heading).count)


def columns_fault(found: int, wanted: int) -> str:
    """Say that a line has another number of columns than the heading."""
    return f"it has {found} {'column' if found == 1 else 'columns'}, not {wanted}"

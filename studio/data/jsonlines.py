"""Reads the lines of a file, and the rows of one with a JSON object a line.

Lines end with a line feed and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from studio.data.jsonrows import parse_line
from studio.data.records import BOM, MAX_ROW, RAW_KEPT, Record
from studio.data.rowvalues import RowFault


def read_lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes, str]]:
    """Yield (line from 1, byte of its start, the line with its end, fault) of a file.

    Of a line that is too long, which is a fault, only the beginning is there.
    """
    number, start = 0, 0
    readline = file.readline
    while data := readline(MAX_ROW + 1):
        number += 1
        size, fault = len(data), ""
        if size > MAX_ROW:
            fault = f"it is longer than {MAX_ROW >> 20} MiB"
            last, data = data[-1:], data[:RAW_KEPT]
            while last != b"\n" and (more := readline(MAX_ROW)):
                size += len(more)
                last = more[-1:]
        yield number, start, data, fault
        start += size


def read_jsonl(file: BinaryIO) -> Iterator[Record]:
    """Yield a record for each line that is not blank."""
    for line, byte, data, fault in read_lines(file):
        content = data.removeprefix(BOM) if line == 1 else data
        if not fault:
            if not content.strip():
                continue
            try:
                yield Record(line, byte, parse_line(decode(content).rstrip("\r\n")), raw=content)
                continue
            except RowFault as err:
                fault = str(err)
        yield Record(line, byte, fault=fault, raw=content[:RAW_KEPT])


def decode(data: bytes) -> str:
    """Return the text of a line.

    Raises:
        RowFault: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as err:
        raise RowFault(f"not UTF-8: byte {data[err.start]:#04x} at column {err.start + 1}") from err

"""Reads files of rows as they are: JSON lines, JSON arrays and tables with commas or tabs.

Lines end with a line feed and nothing else; each record knows its line, from 1, and the byte at
which that line starts. A record that cannot be read is a record with a fault.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from studio.core.problems import DataError
from studio.data.jsonrows import DECODER, as_object, parse_line, reason
from studio.data.rowvalues import RowFault

MAX_LINE = 64 * 1024 * 1024
"""Bytes; a longer line is a fault, so that no file can fill the memory."""
PREVIEW = 200
BOM = b"\xef\xbb\xbf"
_HEAD = 1 << 16
_PACKED = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "compressed", b"PAR1": "a Parquet file"}
_DATA_NAMES = ("data", "rows", "examples", "train")


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a file, or what stands in its place.

    Attributes:
        line: where it starts, from 1.
        byte: offset of that line's start.
        values: its columns; None if there is a fault.
        fault: why it cannot be read, as the end of a sentence.
        raw: the line as it was, with its line end, for JSON lines.
        preview: the first characters of a record with a fault.
    """

    line: int
    byte: int
    values: dict[str, Any] | None = None
    fault: str = ""
    raw: bytes | None = None
    preview: str = ""


def preview(data: bytes) -> str:
    """Return the first characters of a line, readable whatever it holds."""
    return data[: PREVIEW * 4].decode("utf-8", "replace").strip()[:PREVIEW]


def open_rows(path: Path) -> BinaryIO:
    """Open a file for reading, if it is a file of text with something in it.

    Raises:
        DataError: it cannot be read, is no file, is empty or is not UTF-8 text.
    """
    name = path.name or str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            kind = "a folder" if path.is_dir() else "no ordinary file"
            raise DataError(f"{name} is {kind}.", "Choose a JSON, JSONL, CSV or TSV file.")
        file = path.open("rb")
    except OSError as err:
        raise DataError(
            f"{name} cannot be read: {(err.strerror or str(err)).lower()}.",
            "Look whether it is still there and may be read.",
        ) from err
    head = file.read(_HEAD)
    file.seek(0)
    fault = _no_text(head)
    if fault:
        file.close()
        raise DataError(f"{name} {fault}.", "Save it as UTF-8 text: JSON, JSONL, CSV or TSV.")
    return file


def _no_text(head: bytes) -> str:
    if not head.removeprefix(BOM).strip():
        return "is empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "is UTF-16 text, not UTF-8"
    for start, kind in _PACKED.items():
        if head.startswith(start):
            return f"is {kind}, not text"
    strange = sum(head.count(byte) for byte in range(9)) + head.count(b"\x00")
    return "is not text" if strange * 10 > len(head) else ""


def kind_of(path: Path, file: BinaryIO) -> str:
    """Return jsonl, json, csv or tsv, by what is in the file and then by its name."""
    head = file.read(_HEAD).removeprefix(BOM).lstrip()
    file.seek(0)
    ending = path.suffix.lower()
    if ending in (".csv", ".tsv"):
        return ending[1:]
    first_line = head.split(b"\n", 1)[0]
    if head.startswith(b"["):
        return "json"
    if head.startswith(b"{"):
        if ending in (".jsonl", ".ndjson"):
            return "jsonl"
        try:
            whole = json.loads(first_line)
        except (ValueError, RecursionError):
            return "json"
        wrapped = any(isinstance(whole.get(name), list) for name in _DATA_NAMES)
        return "json" if wrapped and "output" not in whole else "jsonl"
    if ending in (".json", ".jsonl", ".ndjson"):
        return "jsonl"  # its lines are faults, each with its reason
    return "tsv" if b"\t" in first_line else "csv"


def read_lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes, str]]:
    """Yield (line from 1, byte of its start, the line with its end, fault) of a file."""
    number, start = 0, 0
    while True:
        data = file.readline(MAX_LINE + 1)
        if not data:
            return
        number += 1
        size, fault = len(data), ""
        if size > MAX_LINE:
            fault = f"it is longer than {MAX_LINE >> 20} MiB"
            while not data.endswith(b"\n") and (more := file.readline(MAX_LINE)):
                size += len(more)
                data = data[:PREVIEW] + more[-1:]
        yield number, start, data, fault
        start += size


def read_jsonl(file: BinaryIO) -> Iterator[Record]:
    """Yield a record for each line that is not blank."""
    for line, byte, data, fault in read_lines(file):
        content = data.removeprefix(BOM) if line == 1 else data
        if not fault and not content.strip():
            continue
        if not fault:
            try:
                text = decode(content)
                yield Record(line, byte, parse_line(text.removesuffix("\n")), raw=content)
            except RowFault as err:
                fault = str(err)
        if fault:
            yield Record(line, byte, fault=fault, preview=preview(content))


def decode(data: bytes) -> str:
    """Return the text of a line.

    Raises:
        RowFault: it is not UTF-8.
    """
    try:
        return data.decode()
    except UnicodeDecodeError as err:
        raise RowFault(f"not UTF-8: byte {data[err.start]:#04x} at column {err.start + 1}") from err


def read_json(file: BinaryIO, name: str) -> Iterator[Record]:
    """Yield a record for each item of an array, or of the array under "data".

    Past a fault it goes on at the next line that starts an object.

    Raises:
        DataError: the file is not UTF-8, or holds no array.
    """
    data = file.read()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        line = data.count(b"\n", 0, err.start) + 1
        raise DataError(
            f"{name} is not UTF-8: line {line} holds byte {data[err.start]:#04x}.",
            "Save it as UTF-8 and import it again.",
        ) from err
    skipped = len(BOM) if data.startswith(BOM) else 0
    del data
    return _Items(text, _array_start(text, name), skipped).read()


def _array_start(text: str, name: str) -> int:
    """Return the position after the array's opening bracket."""
    start = len(text) - len(text.lstrip())
    if text[start : start + 1] == "[":
        return start + 1
    for key in _DATA_NAMES:
        at = text.find(f'"{key}"')
        if at >= 0:
            colon = text.find(":", at)
            after = colon + 1 + len(text[colon + 1 :]) - len(text[colon + 1 :].lstrip())
            if colon >= 0 and text[after : after + 1] == "[":
                return after + 1
    raise DataError(
        f"{name} holds no list of rows.",
        'Rows stand in a list [...], in {"data": [...]}, or one JSON object a line.',
    )


class _Items:
    """Walks over the items of an array and keeps count of lines and bytes."""

    def __init__(self, text: str, start: int, skipped: int) -> None:
        self._text, self._at = text, start
        self._line, self._line_start, self._byte = 1, 0, 0
        self._skipped = skipped

    def read(self) -> Iterator[Record]:
        text, size = self._text, len(self._text)
        while True:
            self._skip(" \t\r\n,")
            if self._at >= size:
                line, byte = self._where(size)
                yield Record(line, byte, fault="the list is not closed: ] is missing at its end")
                return
            if text[self._at] == "]":
                return
            line, byte = self._where(self._at)
            start = self._at
            try:
                value, self._at = DECODER.raw_decode(text, start)
                self._expect_end()
                yield Record(line, byte, as_object(value))
            except (json.JSONDecodeError, RowFault, RecursionError) as err:
                shown = text[start : start + PREVIEW]
                line, byte, fault = self._fault(line, byte, err)
                self._at = self._next_object(max(start + 1, self._at))
                yield Record(line, byte, fault=fault, preview=shown)

    def _fault(self, line: int, byte: int, err: Exception) -> tuple[int, int, str]:
        if isinstance(err, json.JSONDecodeError):
            line, byte = self._where(err.pos)
            self._at = max(self._at, err.pos)
            return line, byte, f"not JSON: {reason(err)}"
        return line, byte, str(err) if isinstance(err, RowFault) else "it is nested too deeply"

    def _expect_end(self) -> None:
        self._skip(" \t\r\n")
        # a comma that is missing before the next object costs no row
        if self._text[self._at : self._at + 1] not in (",", "]", "", "{"):
            raise json.JSONDecodeError("Expecting ',' delimiter", self._text, self._at)

    def _skip(self, blanks: str) -> None:
        text, size = self._text, len(self._text)
        while self._at < size and text[self._at] in blanks:
            self._at += 1

    def _next_object(self, start: int) -> int:
        """Return where the next line begins that starts an object, or the array's end."""
        at = self._text.find("\n", start)
        while at >= 0:
            rest = self._text[at : at + 200].lstrip()
            if rest.startswith(("{", "]")):
                return at
            at = self._text.find("\n", at + 1)
        end = len(self._text.rstrip().removesuffix("}").rstrip().removesuffix("]"))
        return max(start, end)  # never back over a bracket that was read already

    def _where(self, position: int) -> tuple[int, int]:
        """Return the line of a position, from 1, and the byte at which that line starts."""
        begin = self._text.rfind("\n", self._line_start, position) + 1
        if begin > self._line_start:
            passed = self._text[self._line_start : begin]
            self._line += passed.count("\n")
            self._byte += len(passed.encode())
            self._line_start = begin
        return self._line, self._byte + (self._skipped if self._line > 1 else 0)


def size_of(file: BinaryIO) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size

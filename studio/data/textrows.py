"""Makes rows of running text: one a file, one a paragraph or one a line; not a sign is changed."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from studio.data.jsonlines import decode, read_lines
from studio.data.records import BOM, MAX_ROW, RAW_KEPT, Record
from studio.data.rowvalues import RowFault

COLUMN = "text"
"""What the only column is called."""


class Each(StrEnum):
    """What becomes one row."""

    FILE = "file"
    PARAGRAPH = "paragraph"
    LINE = "line"


def read_text(file: BinaryIO, each: Each) -> Iterator[Record]:
    """Yield a record for the file, or for each paragraph or line of it that is not blank.

    A paragraph ends at a blank line. What stands between the texts, their line ends and blank
    lines, is in the raw bytes: those of all records together are the file, but for blank lines at
    its start.
    """
    if each is Each.FILE:
        yield _whole(file)
        return
    held: list[tuple[int, int, bytes, str]] = []
    ended = False
    for entry in read_lines(file):
        line, _, data, fault = entry
        blank = not fault and not data.removeprefix(BOM if line == 1 else b"").strip()
        if blank and not held:
            continue
        if held and not blank and (ended or each is Each.LINE):
            yield _piece(held)
            held = []
        ended = blank
        held.append(entry)
    if held:
        yield _piece(held)


def _whole(file: BinaryIO) -> Record:
    data = file.read(MAX_ROW + 1)
    if len(data) > MAX_ROW:
        fault = f"it is longer than {MAX_ROW >> 20} MiB; make a row of each paragraph"
        return Record(1, 0, fault=fault, raw=data[:RAW_KEPT])
    try:
        text = decode(data.removeprefix(BOM))
    except RowFault as err:
        return Record(1, 0, fault=str(err), raw=data[:RAW_KEPT])
    return Record(1, 0, {COLUMN: text}, raw=data if data.startswith(BOM) else None)


def _piece(lines: list[tuple[int, int, bytes, str]]) -> Record:
    line, byte, *_ = lines[0]
    fault = next((fault for *_, fault in lines if fault), "")
    raw = b"".join(data for _, _, data, _ in lines)
    if not fault and len(raw) > MAX_ROW:
        fault = f"it is longer than {MAX_ROW >> 20} MiB; make a row of each line"
    if fault:
        return Record(line, byte, fault=fault, raw=raw[:RAW_KEPT])
    kept = max(at for at, (_, _, data, _) in enumerate(lines) if data.strip()) + 1
    said = b"".join(data for _, _, data, _ in lines[:kept])
    said = said.removeprefix(BOM if line == 1 else b"").removesuffix(b"\n").removesuffix(b"\r")
    try:
        return Record(line, byte, {COLUMN: decode(said)}, raw=raw)
    except RowFault as err:
        return Record(line, byte, fault=str(err), raw=raw[:RAW_KEPT])

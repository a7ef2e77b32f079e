"""A record of a file: one row as it stands there, or what stands in its place."""

from __future__ import annotations

from typing import Any, NamedTuple

BOM = b"\xef\xbb\xbf"
MAX_ROW = 16 * 1024 * 1024
"""Bytes; a longer row is a fault, so that no file can fill the memory."""
RAW_KEPT = 1 << 20
"""Bytes of a row with a fault that are kept to be mended; a longer one is only shown."""
PREVIEW = 200


class Record(NamedTuple):
    """One row of a file, or what stands in its place.

    Attributes:
        line: where it starts, from 1.
        byte: offset of that line's start.
        values: its columns; None if there is a fault.
        fault: why it cannot be read, as the end of a sentence.
        raw: as it stands in the file: a line with its end, or an item of a list; of a record with
            a fault no more than RAW_KEPT bytes.
    """

    line: int
    byte: int
    values: dict[str, Any] | None = None
    fault: str = ""
    raw: bytes | None = None


def preview(data: bytes) -> str:
    """Return the first characters of a record, readable whatever it holds."""
    return data[: PREVIEW * 4].decode("utf-8", "replace").strip()[:PREVIEW]

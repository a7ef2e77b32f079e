"""Tells what format a file has, from how it begins and then from its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath
from typing import Any, BinaryIO

from studio.core.problems import DataError
from studio.data.records import BOM
from studio.data.tablerows import delimiter_of
from studio.data.turns import is_turn

HEAD = 1 << 16
"""Bytes that are looked at."""
ENDINGS = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".md", ".markdown")
"""How the names of files end that can be read here, packed or not."""
PARQUET = ".parquet"
"""How the name of a file ends that an engine makes rows of, before it is read here."""
_LINES = (".jsonl", ".ndjson")
_TEXTS = (".txt", ".md", ".markdown", ".text")
_PACKED = {
    b"PK\x03\x04": ("is a zip archive", "Unpack it, then import it."),
    b"\x1f\x8b": ("is packed twice", "Unpack it, then import it."),
    b"PAR1": ("is a Parquet file", "Import it by itself, with its name ending in .parquet."),
    b"%PDF": ("is a PDF", "Save its text as .txt or .md, then import that."),
}
_PAGES = ("<!doctype html", "<html")
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


class Format(StrEnum):
    """What a file is written in."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Written:
    """How a file is written.

    Attributes:
        format: what it is written in.
        encoding: of what it has to be read from; empty for UTF-8.
        delimiter: between the cells of a table.
        remark: what was noticed about it, as a sentence.
        heading: of a table, as it stands, with its line end and a mark at its start.
    """

    format: Format
    encoding: str = ""
    delimiter: str = ","
    remark: str = ""
    heading: str = ""


def written(name: str, head: bytes, encoding: str = "") -> Written:
    """Return how a file is written; encoding is what the user says it is.

    Args:
        name: of the file, without .gz.
        head: its first bytes, as they are.
        encoding: empty to find out; "utf-8" to read it as that whatever it seems to be.

    Raises:
        DataError: it is empty, or no text.
    """
    remark = ""
    _check_encoding(encoding)
    if not encoding:
        encoding = _UTF16.get(head[:2], "") or _bare_utf16(head)
        remark = "It is UTF-16 text, and is read as that." if encoding else ""
    if encoding == "utf-8":
        encoding = ""
    plain = _plain(head, encoding)
    _check(name, plain, head)
    if not remark and not encoding and not _is_utf8(head):
        remark = "It is not UTF-8 throughout. If letters are missing, read it as Windows-1252."
    first_line = plain.split("\n", 1)[0]
    form = _format(PurePath(name).suffix.lower(), plain, first_line)
    delimiter = "\t" if form is Format.TSV else delimiter_of(first_line)
    table = form in (Format.CSV, Format.TSV) and first_line.count('"') % 2 == 0 and "\n" in plain
    heading = f"{first_line}\n" if table and first_line.strip() else ""
    mark = "\ufeff" if heading and head.startswith(BOM) else ""
    return Written(form, encoding, delimiter, remark, mark + heading)


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding or "utf-8")
    except LookupError as err:
        raise DataError(
            f"There is no encoding {encoding!r}.", "Usual ones are utf-8, utf-16 and cp1252."
        ) from err


def read_head(file: BinaryIO) -> bytes:
    """Return the first bytes of a stream."""
    head = b""
    while len(head) < HEAD and (more := file.read(HEAD - len(head))):
        head += more
    return head


def _plain(head: bytes, encoding: str) -> str:
    return head.decode(encoding or "utf-8", "replace").removeprefix("\ufeff")


def _is_utf8(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as err:
        return err.start >= HEAD - 4  # a character that the end of the piece has cut
    return True


def _bare_utf16(head: bytes) -> str:
    """Return which UTF-16 a text without a mark at its start is, by where its zeros stand."""
    even, odd = head[0:2000:2].count(0), head[1:2000:2].count(0)
    half = min(len(head), 2000) // 2
    if half < 2 or max(even, odd) * 10 < half * 7 or min(even, odd) * 10 > half:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


def _check(name: str, plain: str, head: bytes) -> None:
    if not plain.strip():
        raise DataError(f"{name} is empty.", "Choose a file with rows, or one of text.")
    for start, (what, hint) in _PACKED.items():
        if head.startswith(start):
            raise DataError(f"{name} {what}, not text.", hint)
    if plain.lstrip().lower().startswith(_PAGES) and not name.lower().endswith(_TEXTS):
        raise DataError(f"{name} is a web page, not data.", "Download the file itself again.")
    if head[257:262] == b"ustar":
        raise DataError(
            f"{name} is a tar archive, not text.", "Unpack it, then import what is in it."
        )
    controls = sum(1 for sign in plain if sign < "\t")
    strange = controls + plain.count("\ufffd")
    if strange * 10 > len(plain) and not controls:
        raise DataError(
            f"{name} is not UTF-8: it may be text in another encoding.",
            "Save it as UTF-8; spreadsheets call that type “CSV UTF-8”.",
        )
    if strange * 10 > len(plain):
        raise DataError(
            f"{name} is not text.", "Save it as UTF-8 text: JSON, JSONL, CSV, TSV, TXT or Markdown."
        )
    if "\n" not in plain and plain.strip("\r").count("\r") > 1:
        raise DataError(
            f"{name} ends its lines with a carriage return alone, as old Macintoshes did.",
            "Save it with line feeds, then import it.",
        )


def _format(ending: str, plain: str, first_line: str) -> Format:
    if ending == ".csv":
        return Format.CSV
    if ending == ".tsv":
        return Format.TSV
    begins = plain.lstrip()[:1]
    if begins == "[" and ending not in _TEXTS:
        return Format.JSONL if ending in _LINES and _is_line(plain) else Format.JSON
    if begins == "{":
        return _object_format(ending, first_line)
    if ending in _TEXTS:
        return Format.TEXT
    if ending in (".json", ".jsonl", ".ndjson"):
        return Format.JSONL  # its lines are faults, each with its reason
    return Format.TSV if "\t" in first_line else Format.CSV


def _is_line(plain: str) -> bool:
    """Return whether the first line is a whole, and others follow."""
    first, _, others = plain.strip().partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(others)


def _object_format(ending: str, first_line: str) -> Format:
    try:
        whole = json.loads(first_line)
    except (ValueError, RecursionError):
        whole = None
    if ending in _TEXTS:
        return Format.JSONL if isinstance(whole, dict) else Format.TEXT
    if ending in _LINES:
        return Format.JSONL
    return Format.JSONL if whole is not None and not _wraps(whole) else Format.JSON


def _wraps(whole: Any) -> bool:
    """Return whether an object is a wrapping of a list of rows, not a row itself."""
    lists = [value for value in whole.values() if isinstance(value, list) and value]
    rows = [held for held in lists if all(isinstance(row, dict) for row in held)]
    return bool(rows) and not any(is_turn(held[0]) for held in rows)

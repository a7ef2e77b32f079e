"""Reads the rows of a JSON list piece by piece, and finds its way back after a broken one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import BinaryIO

from studio.core.problems import DataError
from studio.data.jsonrows import DECODER, as_object, reason
from studio.data.jsonwindow import BLANKS, JsonWindow, as_bytes
from studio.data.records import RAW_KEPT, Record
from studio.data.rowvalues import RowFault

_OPENING = re.compile(r'\{\s*"((?:[^"\\]|\\.){1,100})"\s*:')
_ANY_OPENING = re.compile(r'\n\s*\{\s*"')
_KEYS = 20
"""First names of rows that are remembered."""
_MORE = "there is more after the end of the list"
_PLAIN = json.JSONDecoder()


def read_json(file: BinaryIO, name: str) -> Iterator[Record]:
    """Yield a record for each row of a list, or of each list of rows inside an object.

    Past a fault it goes on where the next row starts.

    Raises:
        DataError: the file holds no list of rows.
    """
    window = JsonWindow(file)
    if window.peek() == "[":
        window.at += 1
        yield from _Items(window, "").read()
        return
    found = False
    for _ in _lists_in_object(window, name):
        found = True
        yield from _Items(window, ",}").read()
    if not found:
        raise _no_list(name)


def _no_list(name: str) -> DataError:
    return DataError(
        f"{name} holds no list of rows.",
        'Rows stand in a list [...], in {"data": [...]}, or one JSON object a line.',
    )


def _lists_in_object(window: JsonWindow, name: str) -> Iterator[None]:
    """Stop behind the opening bracket of each list of objects in the outermost object."""
    if window.peek() != "{":
        raise _no_list(name)
    window.at += 1
    while window.peek() == '"':
        try:
            window.decode(DECODER)
            if window.peek() != ":":
                return
            window.at += 1
            if window.peek() == "[" and window.peek(1) in ("{", "]"):
                window.at += 1
                yield
            else:
                window.decode(_PLAIN)
        except (ValueError, RecursionError) as err:
            raise _no_list(name) from err
        if window.peek() == ",":
            window.at += 1


class _Items:
    """Walks over the rows of the list that the window stands in."""

    def __init__(self, window: JsonWindow, followed: str) -> None:
        self._window, self._followed = window, followed
        self._keys: dict[str, None] = {}

    def read(self) -> Iterator[Record]:
        window = self._window
        while True:
            while window.peek() == ",":
                window.at += 1
            mark = window.peek()
            if mark == "":
                line, byte = window.where(window.at)
                yield Record(line, byte, fault="the list is not closed: ] is missing at its end")
                return
            if mark != "]":
                yield self._row()
                continue
            window.at += 1
            follows = window.peek()
            if not follows or (follows in self._followed and window.peek(1) in ('"', "")):
                return
            line, byte = window.where(window.at)
            yield Record(line, byte, fault=_MORE, raw=self._skip(None, window.at + 1))
            if not window.peek():
                return

    def _row(self) -> Record:
        window = self._window
        line, byte = window.where(window.at)
        opening = _OPENING.match(window.text, window.at)
        try:
            value, raw = window.decode(DECODER)
        except json.JSONDecodeError as err:
            return self._broken(window.at, err, opening)
        except (RowFault, RecursionError) as err:
            fault = str(err) if isinstance(err, RowFault) else "it is nested too deeply"
            return Record(line, byte, fault=fault, raw=self._skip_value(opening))
        begun = window.base + window.at - len(raw)
        if window.peek() not in (",", "]", "", "{"):
            # a comma that is missing before the next row costs no row
            lack = json.JSONDecodeError("Expecting ',' delimiter", window.text, window.at)
            window.at = max(0, begun - window.base)
            return self._broken(window.at, lack, opening)
        try:
            data = raw.encode()
            values = as_object(value)
        except UnicodeEncodeError as err:
            fault = f"not UTF-8: byte {ord(raw[err.start]) & 0xFF:#04x} at column {err.start + 1}"
            return Record(line, byte, fault=fault, raw=as_bytes(raw[:RAW_KEPT]))
        except RowFault as err:
            return Record(line, byte, fault=str(err), raw=as_bytes(raw[:RAW_KEPT]))
        if opening is not None and len(self._keys) < _KEYS:
            self._keys.setdefault(opening[1])
        return Record(line, byte, values, raw=data)

    def _broken(
        self, start: int, err: json.JSONDecodeError, opening: re.Match[str] | None
    ) -> Record:
        window = self._window
        line, byte = window.where(err.pos)
        fault = f"not JSON: {reason(err, window.column)}"
        behind = start + 1 if self._keys or opening is not None else max(err.pos, start + 1)
        return Record(line, byte, fault=fault, raw=self._skip(opening, behind))

    def _skip_value(self, opening: re.Match[str] | None) -> bytes:
        """Go behind a value that is JSON, though it cannot be used; return what it is."""
        try:
            return as_bytes(self._window.decode(_PLAIN)[1][:RAW_KEPT])
        except (ValueError, RecursionError):
            return self._skip(opening, self._window.at + 1)

    def _skip(self, opening: re.Match[str] | None, start: int) -> bytes:
        """Go to the next row behind a place; return what was passed over, as far as it is kept."""
        window = self._window
        begun, head = window.base + window.at, window.text[window.at : window.at + RAW_KEPT]
        keys = [*self._keys, *([opening[1]] if opening is not None else [])]
        window.seek_row(_openings(keys), start)
        passed = head[: window.base + window.at - begun]
        return as_bytes(passed.rstrip(BLANKS + ","))


def _openings(keys: list[str]) -> re.Pattern[str]:
    """Return what a row begins with: a brace and the first name of a row before."""
    if not keys:
        return _ANY_OPENING
    named = "|".join(re.escape(key) for key in keys)
    return re.compile(r'[,\[\]}\n]\s*(\{)\s*"(?:' + named + r')"\s*:')

"""Reads the rows of a JSON list piece by piece, and finds its way back after a broken one."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from studio.core.problems import DataError
from studio.data.jsonrows import DECODER, as_object, reason
from studio.data.records import BOM, MAX_ROW, RAW_KEPT, Record
from studio.data.rowvalues import RowFault

_CHUNK = 1 << 20
_LOOK_BACK = 256
"""Characters kept while the start of the next row is looked for; it may lie across two pieces."""
_BLANKS = " \t\r\n"
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
    window = _Window(file)
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


def _lists_in_object(window: _Window, name: str) -> Iterator[None]:
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


class _Window:
    """The piece of a file in hand, as text; a byte that is not UTF-8 is half of a character in it.

    Attributes:
        text: the piece.
        at: the place in it up to which all is read.
        base: characters of the file before the piece.
        column: that of the last place that was asked for, from 1.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
        self.text, self.at, self.ended = "", 0, False
        self.base = 0
        self._seen, self._seen_byte, self.column = 0, 0, 1
        self._line, self._line_byte = 1, 0
        self.more()
        if self.text.startswith("\ufeff"):
            self.at = self._seen = 1
            self._seen_byte = len(BOM)

    def more(self) -> None:
        """Put the next piece behind what is not read yet."""
        if self.ended:
            return
        self.where(self.at)
        held = len(self.text) - self.at
        data = self._file.read(max(_CHUNK, min(held, MAX_ROW - held)))
        self.ended = not data
        self.base += self.at
        self.text = self.text[self.at :] + self._decoder.decode(data, final=not data)
        self._seen, self.at = max(0, self._seen - self.at), 0

    def peek(self, further: int = 0) -> str:
        """Return the next character that is no blank, or the one further on; empty at the end."""
        self.at = place = self._after_blanks(self.at)
        for _ in range(further):
            if place + 1 >= len(self.text):
                self.more()
                place = self.at
            place = self._after_blanks(place + 1, keep=True)
        return self.text[place : place + 1]

    def _after_blanks(self, place: int, *, keep: bool = False) -> int:
        while True:
            while place < len(self.text) and self.text[place] in _BLANKS:
                place += 1
            if place < len(self.text) or self.ended:
                return place
            before = self.at if keep else place
            self.at = before
            self.more()
            place -= before

    def decode(self, decoder: json.JSONDecoder) -> tuple[Any, str]:
        """Return the value that starts here and its text, and go behind it.

        Raises:
            JSONDecodeError: it is not JSON; its position counts in ``text``.
            RowFault: it is JSON that cannot be used, or is too long.
        """
        while True:
            try:
                value, end = decoder.raw_decode(self.text, self.at)
            except json.JSONDecodeError as err:
                if self.ended or not self._is_cut(err):
                    raise
            else:
                if end < len(self.text) or self.ended or isinstance(value, (dict, list)):
                    if end - self.at > MAX_ROW:
                        raise too_long()
                    start, self.at = self.at, end
                    return value, self.text[start:end]
            if len(self.text) - self.at > MAX_ROW:
                raise too_long()
            self.more()

    def _is_cut(self, err: json.JSONDecodeError) -> bool:
        """Return whether an error is nothing but the end of the piece."""
        return err.pos >= len(self.text) - 16 or err.msg.startswith("Unterminated string")

    def where(self, place: int) -> tuple[int, int]:
        """Return the line of a place, from 1, and the byte at which that line starts."""
        if place > self._seen:
            passed = self.text[self._seen : place]
            lines = passed.count("\n")
            if lines:
                start = passed.rfind("\n") + 1
                self._line += lines
                self._line_byte = self._seen_byte + _size(passed[:start])
                self.column = 1 - start
            self.column += len(passed)
            self._seen_byte += _size(passed)
            self._seen = place
        return self._line, self._line_byte

    def rest(self) -> bytes:
        """Return what comes next, as far as it is kept for a row with a fault."""
        return as_bytes(self.text[self.at : self.at + RAW_KEPT])

    def seek_row(self, opening: re.Pattern[str], start: int) -> None:
        """Go where the next row starts; the end of the list if there is none."""
        begun = self.base + start
        self.at = start - 1
        while True:
            found = opening.search(self.text, self.at)
            if found is not None:
                self.at = self.text.index("{", found.start())
                return
            if self.ended:
                self.at = max(begun - self.base, self._before_close())
                return
            self.at = max(self.at, len(self.text) - _LOOK_BACK)
            self.more()

    def _before_close(self) -> int:
        """Return where the list's last bracket is; the end if it has none."""
        close = self.text.rfind("]", self.at)
        behind = self.text[close + 1 :].lstrip()
        return close if close >= 0 and behind[:1] in ("", "}", ",") else len(self.text)


class _Items:
    """Walks over the rows of the list that the window stands in."""

    def __init__(self, window: _Window, followed: str) -> None:
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
        return as_bytes(passed.rstrip(_BLANKS + ","))


def _openings(keys: list[str]) -> re.Pattern[str]:
    """Return what a row begins with: a brace and the first name of a row before."""
    if not keys:
        return _ANY_OPENING
    named = "|".join(re.escape(key) for key in keys)
    return re.compile(r'[,\[\]}\n]\s*(\{)\s*"(?:' + named + r')"\s*:')


def too_long() -> RowFault:
    """Return the reason that a row is too long."""
    return RowFault(f"it is longer than {MAX_ROW >> 20} MiB")


def as_bytes(text: str) -> bytes:
    """Return the bytes that a piece of text was read from."""
    return text.encode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(as_bytes(text))

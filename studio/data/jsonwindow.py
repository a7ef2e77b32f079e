"""The piece of a JSON file that is in hand: what comes next in it, and where that stands."""

from __future__ import annotations

import codecs
import json
import re
from typing import Any, BinaryIO

from studio.data.records import BOM, MAX_ROW, RAW_KEPT
from studio.data.rowvalues import RowFault

BLANKS = " \t\r\n"
_CHUNK = 1 << 20
_LOOK_BACK = 256
"""Characters kept while the start of the next row is looked for; it may lie across two pieces."""


class JsonWindow:
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
            while place < len(self.text) and self.text[place] in BLANKS:
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


def too_long() -> RowFault:
    """Return the reason that a row is too long."""
    return RowFault(f"it is longer than {MAX_ROW >> 20} MiB")


def as_bytes(text: str) -> bytes:
    """Return the bytes that a piece of text was read from."""
    return text.encode("utf-8", "surrogateescape")


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(as_bytes(text))

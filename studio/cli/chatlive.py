"""Answers on a terminal while they are written: the end of each column, drawn over itself."""

from __future__ import annotations

import shutil
import sys
import unicodedata
from collections.abc import Iterator, Sequence
from typing import TextIO

MOST_ROWS = 6
"""Lines of each column; the whole answer follows when it is there."""
_SPARE = 4
"""Lines of the terminal that are left alone."""
_INDENT = "  "


class LiveText:
    """Draws only on a terminal; elsewhere all of it does nothing.

    Args:
        columns: names, from the top.
        out: where it is drawn.
    """

    def __init__(self, columns: Sequence[str], out: TextIO | None = None) -> None:
        self._columns = list(columns)
        self._out = out if out is not None else sys.stderr
        self._shown = self._out.isatty()
        self._texts = dict.fromkeys(self._columns, "")
        self._tokens = dict.fromkeys(self._columns, 0)
        self._height = 0

    def begin(self) -> None:
        """Forget the answers before."""
        self._texts = dict.fromkeys(self._columns, "")
        self._tokens = dict.fromkeys(self._columns, 0)
        self._height = 0

    def add(self, column: str, text: str, tokens: int) -> None:
        """Take new text of a column and draw all of them."""
        if not self._shown:
            return
        self._texts[column] = self._texts.get(column, "") + text
        self._tokens[column] = tokens
        self._draw(list(self._lines()))

    def end(self) -> None:
        """Take everything away again."""
        if self._shown and self._height:
            self._draw([])

    def _lines(self) -> Iterator[str]:
        size = shutil.get_terminal_size()
        width = max(size.columns - len(_INDENT) - 1, 8)
        rows = (size.lines - _SPARE) // len(self._columns) - 1
        rows = max(1, min(rows, MOST_ROWS))
        for name in self._columns:
            tokens = self._tokens[name]
            yield fitted(f"{name}  {tokens:,} {'token' if tokens == 1 else 'tokens'}", width)
            last = self._texts[name][-2 * width * rows :]
            for line in wrapped(last, width)[-rows:]:
                yield f"{_INDENT}{line}"

    def _draw(self, lines: Sequence[str]) -> None:
        up = f"\x1b[{self._height}A" if self._height else ""
        self._out.write(f"{up}\r\x1b[J" + "".join(f"{line}\n" for line in lines))
        self._out.flush()
        self._height = len(lines)


def printable(text: str) -> str:
    """Return a text without what could steer the terminal; a model may write anything."""
    return "".join(
        "\ufffd" if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" else c for c in text
    )


def wrapped(text: str, width: int) -> list[str]:
    """Return a text as lines of at most so many cells, broken anywhere."""
    lines: list[str] = []
    for line in printable(text).replace("\t", "    ").split("\n"):
        start = used = 0
        for at, letter in enumerate(line):
            cells = _cells(letter)
            if used + cells > width:
                lines.append(line[start:at])
                start, used = at, 0
            used += cells
        lines.append(line[start:])
    return lines


def fitted(text: str, width: int) -> str:
    """Return the beginning of a text that takes at most so many cells of one line."""
    return wrapped(text.replace("\n", " "), width)[0]


def _cells(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1

"""Cells as spreadsheets put them on the clipboard: tabs between, quotes around what has lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from studio.core.example import ASSISTANT, FIELDS, USER, Conversation, Kind, texts_of

_CELL = re.compile(
    r'(?:"(?P<quoted>(?:[^"]++|"")*+)"(?=[\t\r\n]|\Z)|(?P<plain>[^\t\r\n]*+))'
    r"(?P<end>\t|\r\n|\r|\n|\Z)"
)
_ODD = re.compile(r'[\t\r\n]|\A"')


def cells_of(text: str) -> list[list[str]]:
    """Return the rows of cells that a text stands for; a line end at its end begins no row.

    A quote that does not open a whole cell is a character like others.
    """
    rows: list[list[str]] = [[]]
    at = 0
    while True:
        found = _CELL.match(text, at)
        assert found is not None  # the pattern fits anywhere
        quoted = found["quoted"]
        rows[-1].append(found["plain"] if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if found["end"] == "\t":
            continue
        if at >= len(text):
            return rows if text else []
        rows.append([])


def text_of(rows: Iterable[Sequence[str]]) -> str:
    """Return rows of cells as text for a spreadsheet; every row ends with a line end."""
    return "".join("\t".join(_cell(cell) for cell in row) + "\n" for row in rows)


def _cell(text: str) -> str:
    if not _ODD.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Block:
    """Cells that are to be pasted, every row as wide as the widest."""

    rows: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, text: str) -> Block:
        """Read what the clipboard holds."""
        rows = cells_of(text)
        width = max((len(row) for row in rows), default=0)
        return cls(tuple(tuple(row) + ("",) * (width - len(row)) for row in rows))

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def heading(self, kind: Kind) -> tuple[str, ...]:
        """Return the fields that the first row names; empty if it is a row like others."""
        if len(self.rows) < 2:
            return ()
        names = tuple(cell.strip().lower() for cell in self.rows[0])
        named = set(names) <= set(FIELDS[kind]) and len(set(names)) == len(names)
        return names if named and kind is not Kind.CONVERSATION else ()


def new_rows(block: Block, kind: Kind) -> list[tuple[str, ...]]:
    """Return a block as texts of new rows: its columns are the fields in order, or by heading.

    In a conversation the columns are what user and assistant say in turn.
    """
    if kind is Kind.CONVERSATION:
        return [texts_of(_conversation(row)) for row in block.rows]
    names = block.heading(kind) or FIELDS[kind]
    rows = block.rows[1:] if block.heading(kind) else block.rows
    made = []
    for row in rows:
        given = dict(zip(names, row, strict=False))
        made.append(tuple(given.get(field, "") for field in FIELDS[kind]))
    return made


def left_out(block: Block, kind: Kind) -> int:
    """Return how many columns of a block have no place in new rows."""
    return 0 if kind is Kind.CONVERSATION else max(block.width - len(FIELDS[kind]), 0)


def over_cells(
    block: Block, row_ids: Sequence[int], fields: Sequence[str]
) -> list[tuple[int, str, str]]:
    """Return the cells (row id, field, text) a block covers, as many as there are.

    One cell alone covers a field of every row.
    """
    if len(block.rows) == 1 and block.width == 1:
        return [(row, fields[0], block.rows[0][0]) for row in row_ids]
    return [
        (row_id, field, text)
        for row_id, row in zip(row_ids, block.rows, strict=False)
        for field, text in zip(fields, row, strict=False)
    ]


def _conversation(row: Sequence[str]) -> Conversation:
    said = [*row]
    while said and not said[-1]:  # rows are of different width
        said.pop()
    roles = (USER, ASSISTANT)
    turns = tuple({"role": roles[at % 2], "content": text} for at, text in enumerate(said))
    return Conversation(turns)

"""What the delegate paints for a row: texts in one line, tokens, split, tags and a sign."""

from __future__ import annotations

from studio.app.rowchecks import STOP, RowChecks
from studio.core.example import ExampleError, Kind, Turn, turns_of
from studio.core.units import NO_VALUE
from studio.data.checks.classes import REMARK
from studio.data.store import Row
from studio.ui.models.rowcolumns import (
    NUMBER,
    SHORT,
    SIGN,
    SPLIT,
    TAGS,
    TOKENS,
    Column,
    must_hold,
    one_line,
    words_of,
)
from studio.ui.widgets.cells import Cell

TIP = 600
"""Characters of a text that a tooltip shows."""
_REMEMBERED = 400
_COPIES = frozenset(("leak", "leak_near", "duplicate", "near_duplicate"))


class RowCells:
    """Makes cells of rows and of what is known of them."""

    def __init__(self, checks: RowChecks) -> None:
        self._checks, self._limit = checks, 0
        self._turns: dict[str, tuple[Turn, ...] | None] = {}

    def set_limit(self, limit: int) -> bool:
        """Mark rows longer than this many tokens; return whether that is news."""
        news, self._limit = limit != self._limit, limit
        return news

    def cell(self, row: Row, column: Column, number: int = 0) -> Cell:
        """Return what stands in a column for a row; number is its place in the dataset, from 1."""
        name = column.name
        if name == NUMBER:
            return Cell(f"{number:,}", "muted", right=True)
        if name == TOKENS:
            return self._tokens(row.id)
        if name == SIGN:
            return self._sign(row.id)
        if name == SPLIT:
            return Cell(SHORT.get(row.split, row.split) or NO_VALUE, "muted")
        if name == TAGS:
            return Cell(one_line(", ".join(row.tags)) or NO_VALUE, "muted")
        text = one_line(words_of(row, column, self._turns_of(row)))
        if column.right:
            return Cell(text or NO_VALUE, "text" if text else "muted", right=True)
        if not text and must_hold(row.kind, name):
            return Cell("empty", "danger")
        return Cell(text or NO_VALUE, "text" if text else "muted")

    def tip(self, row: Row, column: Column) -> str:
        """Return what a tooltip says: more of a text, all tags, or what is wrong."""
        if column.name == SIGN:
            return self._sign(row.id).words
        if column.name == TAGS:
            return ", ".join(row.tags)
        if column.name in (NUMBER, TOKENS, SPLIT) or column.right:
            return ""
        text = words_of(row, column, self._turns_of(row))
        return text[:TIP] + (" …" if len(text) > TIP else "")

    def _turns_of(self, row: Row) -> tuple[Turn, ...] | None:
        """Return the turns of a conversation; what is on screen is read once."""
        if row.kind is not Kind.CONVERSATION:
            return None
        text = row.texts[0]
        if text not in self._turns:
            if len(self._turns) >= _REMEMBERED:
                self._turns.clear()
            try:
                self._turns[text] = turns_of(text)
            except ExampleError:
                self._turns[text] = None
        return self._turns[text]

    def _tokens(self, row_id: int) -> Cell:
        check = self._checks.row(row_id)
        if check is None:
            return Cell(NO_VALUE, "muted", right=True)
        over = 0 < self._limit < check.tokens
        return Cell(f"{check.tokens:,}", "danger" if over else "text", right=True, bold=over)

    def _sign(self, row_id: int) -> Cell:
        faults = self._checks.faults_of(row_id)
        if not faults:
            return Cell("")
        words = " ".join(fault.summary for fault in faults)
        if faults[0].level == STOP:
            return Cell(words, "danger", icon="error")
        if faults[0].level == REMARK:
            return Cell(words, "muted", icon="info")
        same = faults[0].code in _COPIES
        return Cell(words, "warning", icon="duplicate" if same else "warning")

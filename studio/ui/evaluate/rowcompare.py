"""Row by row: who won and by how much; the question, the written answer and both answers."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QItemSelectionModel, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.core.evaluation import BASE, Results
from studio.core.metrics.catalogue import BY_NAME, BY_ROW, LESS
from studio.core.units import signed
from studio.data.evaluations import JudgedRow
from studio.ui.chat.well import SHOWN, Well
from studio.ui.chat.worddiff import differing_words
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import HEIGHT_ROW, PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable
from studio.ui.widgets.parts import Button, ChoiceField, fill, line

ORDERS = ("Largest gain first", "Largest loss first", "As in the dataset")
SHOWN_ROWS = 8
ONE_LINE = 200
"""Characters of a question in the table; the view below has all of it."""
EVEN = 1e-9


class RowCompare(Card):
    """Two columns beside each other on every row.

    Signals:
        row_requested(int): the Data page should show a row of the dataset.
    """

    row_requested = Signal(int)

    def __init__(self) -> None:
        self.column, self.by, self.order = ChoiceField(), ChoiceField(), ChoiceField(*ORDERS)
        super().__init__("Row by row", " ", self.column, self.by, self.order)
        for field, name in (
            (self.column, "Column beside the base"),
            (self.by, "Compared by"),
            (self.order, "Order of the rows"),
        ):
            field.setAccessibleName(name)
            field.setMinimumWidth(170)
            field.activated.connect(self._show)
        self._judged: Sequence[JudgedRow] = ()
        self._ordered: list[tuple[float, JudgedRow]] = []
        self._first = BASE
        self._rows = Rows(("Row", "Question", "Better", "By"), frozenset((0, 3)))
        self.table = RowTable("Rows", self._rows, {0: 70, 2: 170, 3: 90})
        self._rows.setParent(self.table)
        self.table.setFixedHeight(HEIGHT_ROW * (SHOWN_ROWS + 1) + 4)
        self.table.selectionModel().currentRowChanged.connect(lambda now: self._open(now.row()))
        self.table.opened.connect(self._request)
        self.open_button = Button("Show the row on the Data page", "data", compact=True)
        self.open_button.clicked.connect(lambda: self._request(self.table.currentIndex().row()))
        self._wells = QVBoxLayout()
        fill(self._wells, gap=6)
        foot = fill(QHBoxLayout(), self.open_button, None)
        detail = fill(QVBoxLayout(), self._wells, foot, gap=8, edge=(PADDING, 10, PADDING, 12))
        fill(self.body, self.table, line(), detail)

    def show_rows(self, results: Results, rows: Sequence[JudgedRow]) -> None:
        """Show the rows of an evaluation."""
        self._judged = rows
        names = [column.name for column in results.columns]
        self._first = BASE if BASE in names else names[0]
        self.column.clear()
        for name in [name for name in names if name != self._first] or [self._first]:
            self.column.addItem(short_name(name), name)
        there = set(rows[0].scores[self._first]) if rows else set()
        self.by.clear()
        for name in BY_ROW:
            if name in there:
                self.by.addItem(BY_NAME[name].title, name)
        self.by.setCurrentIndex(max(self.by.findData(results.main), 0))
        self._show()

    def _show(self) -> None:
        name, other = self.by.currentData(), self.column.currentData()
        gains = [(_gain(row, name, self._first, other), row) for row in self._judged]
        if self.order.currentIndex() < 2:
            sign = -1 if self.order.currentIndex() == 0 else 1
            gains.sort(key=lambda pair: (sign * pair[0], pair[1].place))
        self._ordered = gains
        won = sum(gain > EVEN for gain, _ in gains)
        lost = sum(gain < -EVEN for gain, _ in gains)
        alike = len(gains) - won - lost
        self.remark.setText(f"{won:,} better · {lost:,} worse · {alike:,} alike")
        self._rows.set_rows([_cells(gain, row, name, other, self._first) for gain, row in gains])
        if gains:
            model = self.table.selectionModel()
            flags = QItemSelectionModel.SelectionFlag
            model.setCurrentIndex(
                self._rows.index(0, 0), flags.ClearAndSelect | flags.Rows | flags.Current
            )
            self.table.scrollToTop()
            self._open(0)

    def _open(self, at: int) -> None:
        """Show a row's texts below the table."""
        while self._wells.count():
            item = self._wells.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        there = 0 <= at < len(self._ordered)
        self.open_button.setEnabled(there)
        if not there:
            return
        row, other = self._ordered[at][1], self.column.currentData()
        for well in self._texts(row, other):
            self._wells.addWidget(well)

    def _texts(self, row: JudgedRow, other: str) -> list[Well]:
        """Return question, written answer and both answers; of running text the text alone."""
        if "token_f1" not in row.scores[self._first]:
            return [Well("Text", row.reference)]
        base, ours = row.answers[self._first], row.answers[other]
        wells = [Well("Asked", row.question), Well("Written", row.reference)]
        first = Well(_who(self._first), base)
        wells.append(first)
        if other != self._first:
            second = Well(_who(other), ours)
            wells.append(second)
            one, two = differing_words(base[:SHOWN], ours[:SHOWN])
            first.view.set_marks(one, "frozen")
            second.view.set_marks(two, "accent")
        return wells

    def _request(self, at: int) -> None:
        if 0 <= at < len(self._ordered):
            self.row_requested.emit(self._ordered[at][1].row)


def _gain(row: JudgedRow, name: str, base: str, other: str) -> float:
    """Return how much better a column did on a row; less is more where less is better."""
    gap = row.scores[other].get(name, math.nan) - row.scores[base].get(name, math.nan)
    if not math.isfinite(gap):
        return 0.0
    return -gap if BY_NAME[name].better == LESS else gap


def _cells(gain: float, row: JudgedRow, name: str, other: str, base: str) -> tuple[Cell, ...]:
    who, tone = "alike", "muted"
    if gain > EVEN:
        who, tone = _who(other), "accent"
    elif gain < -EVEN:
        who, tone = _who(base), "frozen"
    question = " ".join(row.question[:ONE_LINE].split())
    by = signed(gain, BY_NAME[name].decimals) if abs(gain) > EVEN else "0"
    return (
        Cell(f"{row.row:,}", tone="muted", right=True),
        Cell(question, tip=row.question[:ONE_LINE]),
        Cell(who, tone=tone, tip=other if gain > EVEN else base),
        Cell(by, tone=tone, right=True),
    )


def _who(name: str) -> str:
    return "Base" if name == BASE else short_name(name)

"""The rows of a dataset: the bar, what is to be said, the table and what is in it."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.data.datanote import DataNote
from studio.ui.data.rowsbar import RowsBar
from studio.ui.data.rowstable import RowsTable
from studio.ui.data.summarycard import SummaryCard
from studio.ui.models.rowsmodel import RowsModel
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import fill


class RowsView(QWidget):
    """Puts the parts above each other; the Data page owns it and connects them."""

    def __init__(self, model: RowsModel) -> None:
        super().__init__()
        self.bar, self.note = RowsBar(), DataNote()
        self.table, self.summary = RowsTable(model), SummaryCard()
        card = Card()
        card.setAccessibleName("Rows")
        card.body.addWidget(self.table)
        self._column = column = QVBoxLayout(self)
        fill(column, self.bar, self.note, gap=10)
        column.addWidget(card, 1)
        column.addWidget(self.summary)

    def put_above(self, strip: QWidget) -> None:
        """Put something that is said now and then above the table."""
        self._column.insertWidget(1, strip)

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self.bar.set_small(small)
        self.summary.facts.setVisible(not small)
        self.table.set_small(small)

"""The titles of the table: a click sorts by a column, another turns it round, a third ends it."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionModel, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QHeaderView, QWidget

from studio.data.finding import AS_THEY_STAND, Sort
from studio.ui.look import fonts, paint
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.models.rowsmodel import RowsModel

ARROW = 12
LEAST = 30
"""Px a column may be narrowed to."""


class SortHeader(QHeaderView):
    """Paints an arrow beside the title of the column that rows are sorted by.

    Signals:
        sort_chosen(object Sort): rows are to be sorted so.
    """

    sort_chosen = Signal(object)

    def __init__(self, model: RowsModel, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._rows = model
        self.sort = AS_THEY_STAND
        self.setSectionsClickable(True)
        self.setMinimumSectionSize(LEAST)
        self.sectionClicked.connect(self._on_clicked)

    def set_sort(self, sort: Sort) -> None:
        """Show what rows are sorted by; sends no signal."""
        self.sort = sort
        column = next(
            (c.head or "Problems" for c in self._rows.columns if c.sort == sort.column), ""
        )
        way = "from last to first" if sort.descending else "from first to last"
        plain = sort == AS_THEY_STAND
        self.setAccessibleDescription("" if plain else f"Sorted by {column}, {way}")
        self.viewport().update()

    def _on_clicked(self, section: int) -> None:
        column = self._rows.columns[section].sort
        if column is not None:
            self.sort_chosen.emit(next_sort(self.sort, column))

    def setSelectionModel(self, selectionModel: QItemSelectionModel) -> None:
        """Keep an empty one: to paint a title beside the table's, Qt asks for every selected row."""
        super().setSelectionModel(QItemSelectionModel(self.model(), self))

    def paintSection(self, painter: QPainter, rect: QRect, logicalIndex: int) -> None:
        painter.save()
        super().paintSection(painter, rect, logicalIndex)
        painter.restore()
        if logicalIndex >= len(self._rows.columns) or self.sort == AS_THEY_STAND:
            return
        column = self._rows.columns[logicalIndex]
        if column.sort != self.sort.column:
            return
        wide = paint.width(column.head, fonts.font(weight=fonts.MEDIUM))
        x = rect.left() + 8 + wide + 4
        if column.right:
            x = rect.right() - 8 - wide - 4 - ARROW
        x = min(max(x, rect.left() + 1), rect.right() - ARROW)
        spot = QRectF(x, rect.center().y() - ARROW / 2, ARROW, ARROW)
        name = "down" if self.sort.descending else "up"
        paint_icon(paint.smooth(painter), name, spot, colors().accent)


def next_sort(now: Sort, column: str) -> Sort:
    """Return what a click on a column's title makes of a sorting."""
    if now.column != column:
        return Sort(column)
    if now == AS_THEY_STAND:  # the title of the numbers: they rise already
        return Sort(column, descending=True)
    return AS_THEY_STAND if now.descending else Sort(column, descending=True)

"""The table of rows: keys to move, edit, duplicate and delete; selects without touching cells."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QItemSelectionRange,
    QRectF,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
)

from studio.data.packing import Ids, runs
from studio.ui.data.celleditor import CellEditor
from studio.ui.data.sortheader import SortHeader
from studio.ui.data.textfield import LONG_RUN
from studio.ui.look import fonts, paint
from studio.ui.look.theme import colors
from studio.ui.look.tokens import HEIGHT_ROW
from studio.ui.models.rowcolumns import FIRST_QUESTION, LAST_ANSWER
from studio.ui.models.rowsmodel import NUMBER, SIGN, SPLIT, TAGS, RowsModel
from studio.ui.widgets.cells import Index
from studio.ui.widgets.lists import RowTable

MOST_RANGES = 2000
"""Ranges of selected rows beyond which painting them takes longer than a frame."""
NOTHING_FOUND = "No row is found. Clear the search and the filters to see all rows."
NO_ROWS = "No rows yet. “+ Row” adds the first."
_ACROSS = Qt.Orientation.Horizontal
_FLAGS = QItemSelectionModel.SelectionFlag


class RowsTable(RowTable):
    """Shows a RowsModel; F2 or double click edits a short text in place.

    Signals:
        row_chosen(int): the current row of the table is another one, -1 for none.
        delete_asked(): the selected rows are to go.
        long_asked(str): field of a text that is too long for a cell and is to be edited beside.
        resized(): the user gave columns other widths.

    Attributes:
        head: the titles; they sort.
    """

    row_chosen = Signal(int)
    delete_asked = Signal()
    long_asked = Signal(str)
    resized = Signal()

    def __init__(self, model: RowsModel) -> None:
        super().__init__("Rows", model)
        self._rows, self._small, self._tags = model, False, True
        self._chosen_widths: dict[str, int] = {}
        self._fitting = False
        self.head = SortHeader(model, self)
        self.setHorizontalHeader(self.head)
        self.head.setFixedHeight(HEIGHT_ROW + 1)
        self.head.setHighlightSections(False)
        self.head.setFont(fonts.font(weight=fonts.MEDIUM))
        self.head.setVisible(True)
        self.setItemDelegate(CellEditor(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.doubleClicked.connect(self.edit_cell)
        self.head.sectionResized.connect(self._on_resized)
        model.modelReset.connect(self.fit)
        self.fit()

    # columns

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self._small = small
        self.fit()

    def show_tags(self, shown: bool) -> None:
        """Show the column of tags, or not while there are none."""
        if shown is not self._tags:
            self._tags = shown
            self.fit()

    def set_chosen_widths(self, widths: Mapping[str, int]) -> None:
        """Give columns (by name) the widths (px) that the user gave them once."""
        self._chosen_widths = dict(widths)
        self.fit()

    @property
    def chosen_widths(self) -> dict[str, int]:
        """The widths (px) that the user gave columns, by name."""
        return self._chosen_widths

    def fit(self) -> None:
        """Give each column its width; the others share what is left."""
        self._fitting = True
        modes = QHeaderView.ResizeMode
        for at, column in enumerate(self._rows.columns):
            wide = self._chosen_widths.get(column.name, column.width)
            if column.name == NUMBER:
                digits = paint.width(f"{self._rows.rowCount():,}", fonts.font())
                wide = max(wide, round(digits) + 18)
            free = not wide
            fixed = column.name in (NUMBER, SIGN)
            mode = modes.Stretch if free else modes.Fixed if fixed else modes.Interactive
            self.head.setSectionResizeMode(at, mode)
            if wide:
                self.head.resizeSection(at, wide)
            hidden = column.name == SPLIT and self._small
            hidden = hidden or (column.name == TAGS and (self._small or not self._tags))
            self.setColumnHidden(at, hidden)
        self._fitting = False

    def _on_resized(self, section: int, before: int, now: int) -> None:
        modes = QHeaderView.ResizeMode
        if self._fitting or not before or not now or section >= len(self._rows.columns):
            return
        if self.head.sectionResizeMode(section) is modes.Interactive:
            self._chosen_widths[self._rows.columns[section].name] = now
            self.resized.emit()

    # cells and rows

    def edit_cell(self, index: Index) -> None:
        """Edit a text in its cell if it is one short line, else ask for the form."""
        editing = self.state() is QAbstractItemView.State.EditingState
        if editing or not index.isValid():
            return
        column = self._rows.columns[index.column()]
        if not column.field:
            if column.name in (FIRST_QUESTION, LAST_ANSWER):
                self.long_asked.emit("")
            return
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if "\n" in text or "\r" in text or len(text) > LONG_RUN:
            self.long_asked.emit(column.field)
        else:
            self.edit(self._rows.index(index.row(), index.column()))

    def selected_ids(self) -> Ids:
        """Return the ids of the selected rows, in the order of the table, (N,)."""
        chosen = self.selectionModel().selection()
        ranges = (chosen.at(at) for at in range(chosen.count()))
        spans = sorted({(found.top(), found.bottom()) for found in ranges})
        parts = [self._rows.ids[top : bottom + 1] for top, bottom in spans]
        return np.concatenate(parts) if parts else self._rows.ids[:0]

    def go_to(self, row: int) -> None:
        """Make a row of the table the current one, selected alone and in sight."""
        column = max(self.currentIndex().column(), 0)
        index = self._rows.index(row, column)
        if index.isValid():
            self.setCurrentIndex(index)
            self.selectionModel().select(index, _FLAGS.ClearAndSelect | _FLAGS.Rows)
            self.scrollTo(index)

    def select_rows(self, row_ids: Ids) -> bool:
        """Select rows that are shown, the first in hand.

        Returns:
            Whether that could be done; rows in too many places cannot be shown selected.
        """
        places = self._rows.places(row_ids)
        spans = runs(places)
        if not spans or len(spans) > MOST_RANGES:
            return False
        last, rows = len(self._rows.columns) - 1, self._rows
        self.go_to(spans[0][0])
        whole = QItemSelection()
        for top, bottom in spans:
            whole.append(QItemSelectionRange(rows.index(top, 0), rows.index(bottom, last)))
        self.selectionModel().select(whole, _FLAGS.ClearAndSelect)
        return True

    def selectAll(self) -> None:
        """Select all rows as one range; Qt's own way asks for every cell."""
        last, column = self._rows.rowCount() - 1, len(self._rows.columns) - 1
        if last >= 0:
            whole = QItemSelection(self._rows.index(0, 0), self._rows.index(last, column))
            self.selectionModel().select(whole, _FLAGS.ClearAndSelect)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not current.isValid() or not previous.isValid() or current.row() != previous.row():
            self.row_chosen.emit(current.row() if current.isValid() else -1)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._rows.rowCount():
            words = NOTHING_FOUND if self._rows.is_found else NO_ROWS
            painter, area = QPainter(self.viewport()), QRectF(self.viewport().rect())
            paint.text(painter, area, words, fonts.font(), colors().muted, paint.CENTRE)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()
        elif key == Qt.Key.Key_Delete:
            self.delete_asked.emit()
        elif key in (Qt.Key.Key_F2, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.edit_cell(self.currentIndex())
        else:
            super().keyPressEvent(event)

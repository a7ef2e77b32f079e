"""The table of rows: keys to move, edit, duplicate and delete; selects without touching cells."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QStyleOptionViewItem, QWidget

from studio.ui.data.textfield import LONG_RUN
from studio.ui.look import fonts, paint
from studio.ui.models.rowsmodel import INPUT, NUMBER, SIGN, SPLIT, TEXTS, TOKENS, RowsModel
from studio.ui.widgets.cells import CellDelegate, Index
from studio.ui.widgets.lists import RowTable

WIDTHS = {NUMBER: 42, INPUT: 108, TOKENS: 68, SPLIT: 54, SIGN: 34}


class CellEditor(CellDelegate):
    """Edits a text of one line in its cell; others are edited beside the table."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setFrame(False)
        editor.setAccessibleName(str(index.model().headerData(index.column(), _ACROSS)))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        editor.setText(str(index.data(Qt.ItemDataRole.EditRole)))

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        assert isinstance(editor, QLineEdit)
        if editor.isModified():
            index.model().setData(index, editor.text(), Qt.ItemDataRole.EditRole)


_ACROSS = Qt.Orientation.Horizontal


class RowsTable(RowTable):
    """Shows a RowsModel; F2 or double click edits a short text in place.

    Signals:
        row_chosen(int): the current row of the table is another one, -1 for none.
        delete_asked(): the selected rows are to go.
        long_asked(int): column of a text that is too long for a cell and is to be edited beside.
    """

    row_chosen = Signal(int)
    delete_asked = Signal()
    long_asked = Signal(int)

    def __init__(self, model: RowsModel) -> None:
        super().__init__("Rows", model, WIDTHS)
        self._rows = model
        self.setItemDelegate(CellEditor(self))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.doubleClicked.connect(self.edit_cell)
        model.modelReset.connect(self._fit_numbers)

    def _fit_numbers(self) -> None:
        """Give the numbers of a large dataset the room they need."""
        digits = f"{self._rows.rowCount():,}"
        wide = paint.width(digits, fonts.font()) + 18
        self.set_widths({NUMBER: max(WIDTHS[NUMBER], round(wide))})

    def edit_cell(self, index: Index) -> None:
        """Edit a text in its cell if it is one short line, else ask for the form."""
        editing = self.state() is QAbstractItemView.State.EditingState
        if editing or index.column() not in TEXTS:
            return
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if "\n" in text or "\r" in text or len(text) > LONG_RUN:
            self.long_asked.emit(index.column())
        else:
            self.edit(self._rows.index(index.row(), index.column()))

    def selected_ids(self) -> list[int]:
        """Return the ids of the selected rows, in order."""
        chosen = self.selectionModel().selection()
        ranges = (chosen.at(at) for at in range(chosen.count()))
        spans = sorted((found.top(), found.bottom()) for found in ranges)
        rows = dict.fromkeys(row for top, bottom in spans for row in range(top, bottom + 1))
        return [self._rows.row_id(row) for row in rows]

    def go_to(self, row: int) -> None:
        """Make a row of the table the current one, selected alone and in sight."""
        column = max(self.currentIndex().column(), 0)
        index = self._rows.index(row, column)
        if index.isValid():
            self.setCurrentIndex(index)
            flags = QItemSelectionModel.SelectionFlag
            self.selectionModel().select(index, flags.ClearAndSelect | flags.Rows)
            self.scrollTo(index)

    def selectAll(self) -> None:
        """Select all rows as one range; Qt's own way asks for every cell."""
        last = self._rows.rowCount() - 1
        if last >= 0:
            whole = QItemSelection(self._rows.index(0, 0), self._rows.index(last, SIGN))
            self.selectionModel().select(whole, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not current.isValid() or not previous.isValid() or current.row() != previous.row():
            self.row_chosen.emit(current.row() if current.isValid() else -1)

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

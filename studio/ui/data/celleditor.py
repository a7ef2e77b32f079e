"""Edits a short text in its cell of the table, and saves while one types."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QStyleOptionViewItem, QWidget

from studio.ui.models.rowsmodel import RowsModel
from studio.ui.widgets.cells import CellDelegate, Index

SAVE_MS = 400
"""From the first key that is not saved until it is."""
_ACROSS = Qt.Orientation.Horizontal


class CellLine(QLineEdit):
    """The line in the cell.

    Attributes:
        original: the text before; None until it is filled in.
        saved: whether something of what was typed is saved already.
        timer: runs while something is not.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.original: str | None = None
        self.saved = False
        self.timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self.setFrame(False)
        self.textEdited.connect(self._on_edited)

    def _on_edited(self) -> None:
        if not self.timer.isActive():
            self.timer.start()


class CellEditor(CellDelegate):
    """Edits a text of one line in its cell; others are edited beside the table.

    What is typed into one editor is one undo step, and Escape takes it back.
    """

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = CellLine(parent)
        editor.setAccessibleName(str(index.model().headerData(index.column(), _ACROSS)))
        editor.timer.timeout.connect(lambda: self.commitData.emit(editor))
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        assert isinstance(editor, CellLine)
        text = str(index.data(Qt.ItemDataRole.EditRole))
        if editor.original is None:
            editor.original = text
        if text != editor.text() and not editor.isModified():
            editor.setText(text)

    def setModelData(self, editor: QWidget, model: object, index: Index) -> None:
        assert isinstance(editor, CellLine)
        rows = index.model()
        assert isinstance(rows, RowsModel)
        editor.timer.stop()
        if editor.isModified() and rows.type_in(index, editor.text(), goes_on=editor.saved):
            editor.setModified(False)
            editor.saved = True

    def eventFilter(self, editor: QObject, event: QEvent) -> bool:
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if escape and event.type() is QEvent.Type.KeyPress and isinstance(editor, CellLine):
            editor.timer.stop()
            if editor.saved:
                editor.setText(editor.original or "")
                editor.setModified(True)
                self.commitData.emit(editor)
            else:
                editor.setModified(False)
        return super().eventFilter(editor, event)

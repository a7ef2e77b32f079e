"""Tables and lists: models over values that are there, and views that paint by delegates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QListView, QTableView

from studio.ui.look import fonts, paint
from studio.ui.look.tokens import HEIGHT_ROW
from studio.ui.widgets.cells import CELL, Cell, CellDelegate, Entry, EntryDelegate
from studio.ui.widgets.parts import plain_tip

__all__ = [
    "CELL",
    "Cell",
    "CellDelegate",
    "Entry",
    "EntryDelegate",
    "EntryList",
    "RowTable",
    "Rows",
]
Index = QModelIndex | QPersistentModelIndex


class Rows(QAbstractTableModel):
    """A model over cells or entries; set_rows replaces them all.

    Args:
        heads: the columns' titles.
        right: the columns whose title stands at the right, as their numbers do.
    """

    def __init__(self, heads: Sequence[str], right: frozenset[int] = frozenset()) -> None:
        super().__init__()
        self._heads, self._right = tuple(heads), right
        self._rows: list[tuple[Cell | Entry, ...]] = []

    def set_rows(self, rows: Sequence[tuple[Cell | Entry, ...]]) -> None:
        """Show other rows; the same number of rows keeps selection and place."""
        new = list(rows)
        if len(new) != len(self._rows):
            self.beginResetModel()
            self._rows = new
            self.endResetModel()
        elif new != self._rows:
            self._rows = new
            end = self.index(len(new) - 1, len(self._heads) - 1)
            self.dataChanged.emit(self.index(0, 0), end)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._heads)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._rows[index.row()][index.column()]
        if role == CELL:
            return cell
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.words if isinstance(cell, Cell) else cell.name
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return cell.words if isinstance(cell, Cell) else cell.spoken()
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(cell.tip)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(paint.RIGHT if section in self._right else paint.LEFT)
        return self._heads[section] if role == Qt.ItemDataRole.DisplayRole else None


class EntryList(QListView):
    """A list of entries in two lines, one chosen.

    Signals:
        chosen(int): the user went to another entry.
    """

    chosen = Signal(int)

    def __init__(self, name: str, height: int = 50) -> None:
        super().__init__()
        self._model = Rows(("",))
        self._model.setParent(self)
        self._quiet = False
        self.setModel(self._model)
        self.setItemDelegate(EntryDelegate(height, self))
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)

    def set_entries(self, entries: Sequence[Entry], current: int = -1) -> None:
        """Show other entries, and which one is open; sends no signal."""
        self._quiet = True
        self._model.set_rows([(entry,) for entry in entries])
        self.setCurrentIndex(self._model.index(current, 0) if current >= 0 else QModelIndex())
        self._quiet = False

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        if not self._quiet and current.isValid():
            self.chosen.emit(current.row())


class RowTable(QTableView):
    """A table painted by cells, a row chosen at a time; Enter and double click open it.

    Signals:
        opened(int): the user opened a row.
    """

    opened = Signal(int)

    def __init__(
        self, name: str, model: QAbstractItemModel, widths: dict[int, int] | None = None
    ) -> None:
        super().__init__()
        self.setModel(model)
        self.setItemDelegate(CellDelegate(self))
        self.setAccessibleName(name)
        self.setShowGrid(False)
        self.setMouseTracking(True)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.doubleClicked.connect(lambda index: self.opened.emit(index.row()))
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(HEIGHT_ROW)
        head = self.horizontalHeader()
        head.setFixedHeight(HEIGHT_ROW + 1)
        head.setHighlightSections(False)
        head.setFont(fonts.font(weight=fonts.MEDIUM))
        head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.set_widths(widths or {})

    def set_widths(self, widths: dict[int, int]) -> None:
        """Fix the widths (px) of columns; the others share what is left."""
        head = self.horizontalHeader()
        for column, width in widths.items():
            head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            head.resizeSection(column, width)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

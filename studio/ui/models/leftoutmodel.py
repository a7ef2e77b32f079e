"""The lines that an import left out, as rows of a table; a million of them cost no more to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from studio.data.row import LeftOut
from studio.ui.look import paint
from studio.ui.widgets.cells import CELL, Cell
from studio.ui.widgets.parts import plain_tip

HEADS = ("Line", "Byte", "Why", "The line")
LINE, BYTE, WHY, SHOWN = range(4)
Index = QModelIndex | QPersistentModelIndex


class LeftOutModel(QAbstractTableModel):
    """Shows entries as they are given; names say which file each is from if there are several."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: Sequence[LeftOut] = ()
        self._names: Mapping[int, str] = {}

    def set_entries(self, entries: Sequence[LeftOut], names: Mapping[int, str]) -> None:
        """Show other entries."""
        self.beginResetModel()
        self._entries, self._names = entries, names
        self.endResetModel()

    def entry(self, row: int) -> LeftOut | None:
        """Return the entry of a row, if there is one."""
        return self._entries[row] if 0 <= row < len(self._entries) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADS)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        cell = self._cell(entry, index.column())
        if role == CELL:
            return cell
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return cell.words
        return plain_tip(cell.tip) if role == Qt.ItemDataRole.ToolTipRole else None

    def _cell(self, entry: LeftOut, column: int) -> Cell:
        if column == LINE:
            name = f"{self._names[entry.source]}, " if len(self._names) > 1 else ""
            return Cell(f"{name}{entry.line:,}", "muted", right=True, tip=name)
        if column == BYTE:
            return Cell(f"{entry.byte:,}", "muted", right=True)
        if column == WHY:
            return Cell(entry.reason, tip=entry.reason)
        return Cell(" ".join(entry.preview.split()), "muted", tip=entry.preview)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(paint.RIGHT if section in (LINE, BYTE) else paint.LEFT)
        return HEADS[section] if role == Qt.ItemDataRole.DisplayRole else None

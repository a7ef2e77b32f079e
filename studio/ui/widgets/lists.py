"""Tables and lists painted by delegates: one font, no widgets in cells, an accent bar on the left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import HEIGHT_ROW
from studio.ui.widgets.badge import badge_width, paint_badge

Index = QModelIndex | QPersistentModelIndex
CELL = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Cell:
    """What a delegate paints: words, side, colour token, and an icon instead of words."""

    words: str
    tone: str = "text"
    right: bool = False
    bold: bool = False
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a list: name, a line below, and a badge or a count of warnings."""

    name: str
    below: str
    icon: str = ""
    mark: str = ""
    tone: str = ""


class Rows(QAbstractTableModel):
    """A model over values that are there already."""

    def __init__(self, heads: tuple[str, ...], rows: Sequence[tuple[Any, ...]]) -> None:
        super().__init__()
        self._heads, self._rows = heads, rows

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent and parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent and parent.isValid() else len(self._heads)

    def data(self, index: Index, role: int = 0) -> Any:
        cell = self._rows[index.row()][index.column()]
        if role == CELL:
            return cell
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.words if isinstance(cell, Cell) else cell.name
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            right = isinstance(cell := self._rows[0][section], Cell) and cell.right
            return paint.RIGHT if right else paint.LEFT
        return self._heads[section] if role == Qt.ItemDataRole.DisplayRole else None


def _paint_ground(painter: QPainter, option: QStyleOptionViewItem, first: bool) -> QRectF:
    """Draw selection, hover and the grid line; return the cell in px."""
    c, area = colors(), QRectF(option.rect)
    state = option.state
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    if chosen or state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(area, QColor(c.accent_tint if chosen else c.hover))
    painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), QColor(c.grid))
    if chosen and first:
        painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(c.accent))
    return area


class CellDelegate(QStyledItemDelegate):
    """Paints a cell of a table."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area = _paint_ground(painter, option, index.column() == 0)
        cell: Cell = index.data(CELL)
        tone = getattr(colors(), cell.tone)
        if cell.icon:
            spot = QRectF(area.center().x() - 8, area.center().y() - 8, 16, 16)
            paint_icon(paint.smooth(painter), cell.icon, spot, tone)
            return
        font = fonts.font(weight=fonts.BOLD if cell.bold else fonts.REGULAR)
        side = paint.RIGHT if cell.right else paint.LEFT
        paint.text(painter, area.adjusted(8, 0, -8, 0), cell.words, font, tone, side)


class EntryDelegate(QStyledItemDelegate):
    """Paints an item of a list in two lines."""

    def __init__(self, height: int) -> None:
        super().__init__()
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, self._height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        paint.smooth(painter)
        area = _paint_ground(painter, option, True).adjusted(13, 8, -11, -8)
        entry: Entry = index.data(CELL)
        middle = Qt.TextElideMode.ElideMiddle
        low = QRectF(area.left(), area.bottom() - 17, area.width(), 16)
        room = area.width() - (self._paint_mark(painter, area, entry) if entry.mark else 0)
        name = QRectF(area.left(), area.top(), room if not entry.tone else area.width(), 18)
        paint.text(
            painter, name, entry.name, fonts.font(weight=fonts.MEDIUM), colors().text, elide=middle
        )
        below = low.adjusted(0, 0, room - area.width() if entry.tone else 0, 0)
        paint.text(painter, below, entry.below, fonts.font(Role.CAPTION), colors().muted)

    def _paint_mark(self, painter: QPainter, area: QRectF, entry: Entry) -> float:
        """Draw the badge, or icon and count, at the right; return the px it takes."""
        c = colors()
        if entry.tone:
            wide = badge_width(entry.mark)
            spot = QRectF(area.right() - wide, area.bottom() - 20, wide, 20)
            paint_badge(painter, spot, entry.icon, entry.mark, entry.tone)
            return wide + 6
        font = fonts.font(Role.SMALL, fonts.MEDIUM)
        wide = paint.width(entry.mark, font) + 17
        paint_icon(
            painter, entry.icon, QRectF(area.right() - wide, area.top() + 2, 14, 14), c.warning
        )
        count = QRectF(area.left(), area.top(), area.width(), 18)
        paint.text(painter, count, entry.mark, font, c.warning, paint.RIGHT)
        return wide + 4


def entry_list(name: str, entries: Sequence[Entry], height: int, current: int) -> QListView:
    """Return a list of entries, one chosen."""
    made = QListView()
    made.setModel(Rows(("",), [(entry,) for entry in entries]))
    made.model().setParent(made)
    delegate = EntryDelegate(height)
    delegate.setParent(made)
    made.setItemDelegate(delegate)
    made.setAccessibleName(name)
    made.setMouseTracking(True)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setCurrentIndex(made.model().index(current, 0))
    return made


def row_table(name: str, model: Rows, widths: dict[int, int], current: int) -> QTableView:
    """Return a table; columns without a width (px) share what is left."""
    made = QTableView()
    model.setParent(made)
    made.setModel(model)
    made.setItemDelegate(CellDelegate(made))
    made.setAccessibleName(name)
    made.setShowGrid(False)
    made.setMouseTracking(True)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(HEIGHT_ROW)
    head = made.horizontalHeader()
    head.setFixedHeight(HEIGHT_ROW + 1)
    head.setHighlightSections(False)
    head.setFont(fonts.font(weight=fonts.MEDIUM))
    head.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    for column, width in widths.items():
        head.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
        head.resizeSection(column, width)
    made.selectRow(current)
    return made

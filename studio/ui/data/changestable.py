"""The table of changes: what goes is struck through, what comes is underlined."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionButton, QStyleOptionViewItem

from studio.ui.look import fonts, paint
from studio.ui.look.theme import colors
from studio.ui.models.changesmodel import AFTER, BEFORE, PIECES, ROW, TICK, ChangesModel, Pieces
from studio.ui.widgets.cells import paint_ground
from studio.ui.widgets.lists import RowTable

WIDTHS = {TICK: 34, ROW: 70, 2: 96}
BOX = 16
Index = QModelIndex | QPersistentModelIndex


class ChangeDelegate(QStyledItemDelegate):
    """Paints a change."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area = paint_ground(painter, option, index.column() == 0)
        column, c = index.column(), colors()
        box = index.model().index(index.row(), TICK)
        ticked = box.data(Qt.ItemDataRole.CheckStateRole)
        on = ticked is Qt.CheckState.Checked
        if column == TICK:
            _paint_tick(painter, option, area, on)
            return
        room = area.adjusted(8, 0, -8, 0)
        if column in (BEFORE, AFTER):
            pieces = index.data(PIECES)
            if isinstance(pieces, Pieces):
                _paint_pieces(painter, room, pieces, column == AFTER, on)
            return
        side = paint.RIGHT if column == ROW else paint.LEFT
        paint.text(painter, room, str(index.data()), fonts.font(), c.muted, side)


def _paint_tick(painter: QPainter, option: QStyleOptionViewItem, area: QRectF, on: bool) -> None:
    box = QStyleOptionButton()
    spot = QRectF(area.center().x() - BOX / 2, area.center().y() - BOX / 2, BOX, BOX)
    box.rect = spot.toRect()
    states = QStyle.StateFlag
    box.state = states.State_Enabled | (states.State_On if on else states.State_Off)
    style = option.widget.style()
    style.drawPrimitive(QStyle.PrimitiveElement.PE_IndicatorCheckBox, box, painter, option.widget)


def _paint_pieces(painter: QPainter, room: QRectF, pieces: Pieces, after: bool, on: bool) -> None:
    """Draw head, middle and tail after each other; of a long head its end is kept."""
    c, plain = colors(), fonts.font()
    ink = c.accent if after else c.danger
    tint = c.accent_tint if after else c.danger_tint
    head = pieces.head
    half = room.width() / 2 - 10
    while head and paint.width(head, plain) > half:
        head = "…" + head[2 + len(head) // 8 :]
    x = room.left()
    x += paint.text(painter, room, head, plain, c.muted)
    marked = fonts.font()
    marked.setStrikeOut(not after and on)
    marked.setUnderline(after and on)
    left = room.right() - x
    wide = min(paint.width(pieces.middle, marked), left)
    spot = QRectF(x, room.top(), wide, room.height())
    if on and wide > 0:
        paint.box(painter, QRectF(x - 1, room.center().y() - 10, wide + 2, 20), 3, tint)
    paint.text(painter, spot, pieces.middle, marked, ink if on else c.muted)
    rest = QRectF(x + wide, room.top(), max(left - wide, 0), room.height())
    if rest.width() > 4:
        paint.text(painter, rest, pieces.tail, plain, c.muted)


class ChangesTable(RowTable):
    """Space, or a click on the box, leaves a change alone or takes it in again."""

    def __init__(self, model: ChangesModel) -> None:
        super().__init__("Changes", model, WIDTHS)
        self._changes = model
        self.setItemDelegate(ChangeDelegate(self))
        self.setSelectionMode(RowTable.SelectionMode.ExtendedSelection)

    def toggle(self, change: int) -> None:
        """Tick a change, or leave it alone."""
        self._changes.tick(change, not self._changes.ticks[change])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            current = self.currentIndex().row()
            on = not self._changes.ticks[current]
            rows = {index.row() for index in self.selectionModel().selectedRows()} | {current}
            for change in rows:
                self._changes.tick(change, on)
        else:
            super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == TICK:
            self.toggle(index.row())

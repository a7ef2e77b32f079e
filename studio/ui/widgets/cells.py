"""What a cell or an entry of a list shows, as values, and the delegates that paint it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_BADGE
from studio.ui.widgets.badge import badge_width, paint_badge

Index = QModelIndex | QPersistentModelIndex
CELL = Qt.ItemDataRole.UserRole
"""The role under which a model gives a Cell or an Entry."""
PEAK_WIDTH = 92
"""Px of the bar of a peak; its number stands right of it."""
CHANGE_WIDTH = 84
"""Px of the bars of what was gained and forgotten."""
MIDDLE = 0.4
"""Where their middle line stands: more is gained than forgotten, as a rule."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a delegate paints in a table.

    Attributes:
        words: the text, also spoken where an icon stands for it.
        tone: the colour token of words and icon.
        icon: drawn instead of the words, or inside the badge.
        badge: a tone of badge.TONES; the words become a badge.
        peak: shares (0 to 1) of a measured and a predicted peak, drawn as a bar and a tick.
        change: what was gained and forgotten, as shares of the bars' room, drawn from the level
            of the base: gained to the right, lost to the left; the words stand right of them.
        tip: the tooltip, plain text.
        middle: cut in the middle where it does not fit, as titles are that end alike.
    """

    words: str
    tone: str = "text"
    right: bool = False
    bold: bool = False
    icon: str = ""
    badge: str = ""
    peak: tuple[float, float] | None = None
    change: tuple[float, float] | None = None
    tip: str = ""
    middle: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a list: name, a line below, and a badge or a count of warnings.

    Attributes:
        mark: words of the badge, or the count beside the icon.
        tone: the badge's tone; empty draws icon and count in the colour of warnings.
    """

    name: str
    below: str
    icon: str = ""
    mark: str = ""
    tone: str = ""
    tip: str = ""

    def spoken(self) -> str:
        """Return the entry as one line."""
        return ", ".join(words for words in (self.name, self.below, self.mark) if words)


def paint_ground(painter: QPainter, option: QStyleOptionViewItem, first: bool) -> QRectF:
    """Draw selection, hover, grid line and focus ring; return the cell in px."""
    c, area = colors(), QRectF(option.rect)
    state = option.state
    chosen = bool(state & QStyle.StateFlag.State_Selected)
    if chosen or state & QStyle.StateFlag.State_MouseOver:
        painter.fillRect(area, QColor(c.accent_tint if chosen else c.hover))
    painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), QColor(c.grid))
    if chosen and first:
        painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(c.accent))
    if state & QStyle.StateFlag.State_HasFocus:
        ring = area.adjusted(1, 1, -1, -2)
        paint.box(paint.smooth(painter), ring, RADIUS_BADGE, edge=paint.pen(c.focus, 2))
    return area


class CellDelegate(QStyledItemDelegate):
    """Paints a cell of a table."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        area = paint_ground(painter, option, index.column() == 0)
        cell = index.data(CELL)
        if not isinstance(cell, Cell):
            return
        if cell.badge:
            wide = min(badge_width(cell.words), area.width() - 12)
            spot = QRectF(area.left() + 8, area.center().y() - 10, wide, 20)
            paint_badge(paint.smooth(painter), spot, cell.icon, cell.words, cell.badge)
        elif cell.peak is not None:
            _paint_peak(painter, area, cell)
        elif cell.change is not None:
            _paint_change(painter, area, cell)
        elif cell.icon:
            spot = QRectF(area.center().x() - 8, area.center().y() - 8, 16, 16)
            paint_icon(paint.smooth(painter), cell.icon, spot, getattr(colors(), cell.tone))
        else:
            font = fonts.font(weight=fonts.BOLD if cell.bold else fonts.REGULAR)
            side = paint.RIGHT if cell.right else paint.LEFT
            room = area.adjusted(8, 0, -8, 0)
            modes = Qt.TextElideMode
            elide = modes.ElideMiddle if cell.middle else modes.ElideRight
            paint.text(painter, room, cell.words, font, getattr(colors(), cell.tone), side, elide)


class EntryDelegate(QStyledItemDelegate):
    """Paints an item of a list in two lines."""

    def __init__(self, height: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._height = height

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, max(self._height, round(self._height * fonts.user_scale())))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        paint.smooth(painter)
        area = paint_ground(painter, option, True).adjusted(13, 8, -11, -8)
        entry = index.data(CELL)
        if not isinstance(entry, Entry):
            return
        middle = Qt.TextElideMode.ElideMiddle
        low = QRectF(area.left(), area.bottom() - 17, area.width(), 16)
        room = area.width() - (_paint_mark(painter, area, entry) if entry.mark else 0)
        name = QRectF(area.left(), area.top(), room if not entry.tone else area.width(), 18)
        paint.text(
            painter, name, entry.name, fonts.font(weight=fonts.MEDIUM), colors().text, elide=middle
        )
        below = low.adjusted(0, 0, room - area.width() if entry.tone else 0, 0)
        paint.text(painter, below, entry.below, fonts.font(Role.CAPTION), colors().muted)


def _paint_mark(painter: QPainter, area: QRectF, entry: Entry) -> float:
    """Draw the badge, or icon and count, at the right; return the px it takes."""
    c = colors()
    if entry.tone:
        wide = badge_width(entry.mark)
        spot = QRectF(area.right() - wide, area.bottom() - 20, wide, 20)
        paint_badge(painter, spot, entry.icon, entry.mark, entry.tone)
        return wide + 6
    font = fonts.font(Role.SMALL, fonts.MEDIUM)
    wide = paint.width(entry.mark, font) + 17
    if entry.icon:
        spot = QRectF(area.right() - wide, area.top() + 2, 14, 14)
        paint_icon(painter, entry.icon, spot, c.warning)
    count = QRectF(area.left(), area.top(), area.width(), 18)
    paint.text(painter, count, entry.mark, font, c.warning, paint.RIGHT)
    return wide + 4


def _paint_peak(painter: QPainter, area: QRectF, cell: Cell) -> None:
    """Draw the measured peak as a filled bar and the prediction as a tick, number beside."""
    c = colors()
    assert cell.peak is not None
    measured, predicted = (min(max(share, 0.0), 1.0) for share in cell.peak)
    trough = QRectF(area.left() + 8, area.center().y() - 4, PEAK_WIDTH, 7)
    paint.box(painter, trough, 0, c.sunken, c.border)
    full = trough.adjusted(0, 0, (measured - 1) * PEAK_WIDTH, 0)
    painter.fillRect(full, QColor(c.accent))
    if predicted > 0:
        x = trough.left() + predicted * PEAK_WIDTH
        painter.setPen(paint.pen(c.text, 1.6))
        painter.drawLine(QPointF(x, trough.top() - 3), QPointF(x, trough.bottom() + 3))
    words = area.adjusted(PEAK_WIDTH + 14, 0, -6, 0)
    paint.text(painter, words, cell.words, fonts.font(Role.SMALL), getattr(c, cell.tone))


def _paint_change(painter: QPainter, area: QRectF, cell: Cell) -> None:
    """Draw what was gained above what was forgotten, each from the level of the base."""
    c = colors()
    assert cell.change is not None
    left, y = area.left() + 8, area.center().y()
    middle = left + MIDDLE * CHANGE_WIDTH
    for share, top, tone in ((cell.change[0], y - 5, c.leaf), (cell.change[1], y + 1, c.clay)):
        end = middle + max(-MIDDLE, min(share, 1 - MIDDLE)) * CHANGE_WIDTH
        painter.fillRect(QRectF(min(middle, end), top, abs(end - middle), 4), QColor(tone))
    painter.setPen(paint.pen(c.slate, 1.2, (3, 2)))
    painter.drawLine(QPointF(middle, y - 8), QPointF(middle, y + 7))
    words = area.adjusted(CHANGE_WIDTH + 12, 0, -8, 0)
    font = fonts.font(Role.SMALL)
    paint.text(painter, words, cell.words, font, getattr(c, cell.tone), paint.RIGHT)

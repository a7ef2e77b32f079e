"""The film strip: one answer below the other, what is new in each is marked."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QResizeEvent, QTextCharFormat, QTextLayout, QTextOption
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from studio.ui.chat.worddiff import Span
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.train.film import Frame, frame_at

FRAME = Qt.ItemDataRole.UserRole
HEAD = 72
"""Px left of an answer, for its step."""
SIDE, AIR = 14, 8
SHORT_LINES, OPEN_LINES = 3, 14
"""Lines of an answer that are shown: of any, and of the one that is looked at."""
LEADING = 17
LEAF = 12
Index = QModelIndex | QPersistentModelIndex


class FilmModel(QAbstractListModel):
    """Frames by step; set_frames replaces what is different."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[Frame] = []

    def set_frames(self, frames: list[Frame]) -> None:
        """Show other frames; frames that are added to the same ones keep place and selection."""
        old = self.frames
        if frames == old:
            return
        if old and frames[: len(old)] == old:
            self.beginInsertRows(QModelIndex(), len(old), len(frames) - 1)
            self.frames = frames
            self.endInsertRows()
        else:
            self.beginResetModel()
            self.frames = frames
            self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.frames)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        frame = self.frames[index.row()]
        if role == FRAME:
            return frame
        if role == Qt.ItemDataRole.ToolTipRole and frame.cut:
            return "Cut where the tokens or the seconds allowed for an answer were used up"
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            where = f"Step {frame.step:,}" if frame.step else "Base"
            return f"{where}: {frame.shown}"
        return None


class FilmStrip(QListView):
    """Shows a FilmModel; the frame that is looked at shows more of its answer.

    Signals:
        picked(int): the step of the frame that the user chose.
    """

    picked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.frames = FilmModel()
        self.frames.setParent(self)
        self.best: int | None = None
        self.setModel(self.frames)
        self.setItemDelegate(_FrameDelegate(self))
        self.setAccessibleName("Answers over the run")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self._by_hand = True
        self.selectionModel().currentChanged.connect(self._on_current_changed)

    @property
    def current_frame(self) -> Frame | None:
        """The frame that is looked at."""
        row = self.currentIndex().row()
        return self.frames.frames[row] if 0 <= row < len(self.frames.frames) else None

    def show_frames(self, frames: list[Frame], best: int | None) -> None:
        """Show other frames; best is the step with the leaf."""
        if best != self.best:
            self.best = best
            self.viewport().update()
        self.frames.set_frames(frames)

    def look_at(self, step: int | None) -> None:
        """Look at the frame that holds at a step; the newest for None."""
        row = frame_at(self.frames.frames, step)
        if row >= 0 and row != self.currentIndex().row():
            self._by_hand = False
            self.setCurrentIndex(self.frames.index(row))
            self._by_hand = True

    def _on_current_changed(self, index: QModelIndex, _before: QModelIndex) -> None:
        self.scheduleDelayedItemsLayout()  # heights are others
        if index.isValid():
            self.scrollTo(index)
            if self._by_hand:
                self.picked.emit(self.frames.frames[index.row()].step)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()


class _FrameDelegate(QStyledItemDelegate):
    """Paints a frame: its step, and its answer with the new words marked."""

    def __init__(self, strip: FilmStrip) -> None:
        super().__init__(strip)
        self._strip = strip

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        frame, wide = index.data(FRAME), self._strip.viewport().width()
        most = OPEN_LINES if index.row() == self._strip.currentIndex().row() else SHORT_LINES
        lines = _lines(frame.shown, wide - HEAD - SIDE)
        return QSize(wide, max(1, min(lines, most)) * LEADING + 2 * AIR + 1)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        frame, c, area = index.data(FRAME), colors(), QRectF(option.rect)
        chosen = index.row() == self._strip.currentIndex().row()
        painter.save()
        painter.setClipRect(area)
        if chosen:
            painter.fillRect(area, QColor(c.hover))
            painter.fillRect(QRectF(area.left(), area.top(), 3, area.height()), QColor(c.accent))
        painter.setPen(paint.pen(c.grid))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        self._paint_step(painter, frame, area)
        self._paint_answer(painter, frame, area, chosen)
        focused = option.state & QStyle.StateFlag.State_HasFocus
        if chosen and focused:
            paint.box(painter, area.adjusted(1, 1, -1, -2), 4, edge=paint.pen(c.focus, 2))
        painter.restore()

    def _paint_step(self, painter: QPainter, frame: Frame, area: QRectF) -> None:
        c = colors()
        spot = QRectF(area.left() + SIDE, area.top() + AIR, HEAD - SIDE, LEADING)
        best = frame.step == self._strip.best and frame.step > 0
        tone = c.frozen if not frame.step else c.accent if best else c.muted
        words = f"{frame.step:,}" if frame.step else "base"
        font = fonts.font(Role.SMALL, fonts.REGULAR if frame.step and not best else fonts.BOLD)
        paint.text(painter, spot, words, font, tone)
        after = paint.width(words, font) + 3
        if best and after + LEAF <= spot.width():
            leaf = QRectF(spot.left() + after, spot.top() + 2, LEAF, LEAF)
            paint_icon(painter, "leaf", leaf, c.accent)

    def _paint_answer(self, painter: QPainter, frame: Frame, area: QRectF, chosen: bool) -> None:
        c = colors()
        layout = _laid_out(frame.shown, area.width() - HEAD - SIDE, frame.changed)
        most = OPEN_LINES if chosen else SHORT_LINES
        painter.setPen(QColor(c.text if frame.text else c.muted))
        top = QPointF(area.left() + HEAD, area.top() + AIR)
        room = QRectF(top, area.bottomRight()).adjusted(0, 0, 0, -AIR + 2)
        painter.setClipRect(room)
        layout.draw(painter, top)
        if layout.lineCount() > most:
            fade = QRectF(room.right() - SIDE - 14, top.y() + (most - 1) * LEADING, 28, LEADING)
            painter.fillRect(fade, QColor(c.hover if chosen else c.surface))
            paint.text(painter, fade, "…", fonts.font(Role.SMALL), c.muted)


def _format(start: int, end: int) -> QTextLayout.FormatRange:
    """Return how new words look: on a tint, and underlined for those who see no colour."""
    c, look = colors(), QTextCharFormat()
    look.setBackground(QColor(c.accent_tint))
    look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.SingleUnderline)
    look.setUnderlineColor(QColor(c.accent))
    made = QTextLayout.FormatRange()
    made.start, made.length, made.format = start, end - start, look
    return made


def _laid_out(text: str, width: float, changed: tuple[Span, ...] = ()) -> QTextLayout:
    layout = QTextLayout(text.replace("\n", "\u2028"), fonts.font(Role.SMALL))
    layout.setFormats([_format(start, end) for start, end in changed])
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    layout.beginLayout()
    for number in range(OPEN_LINES + 1):
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(max(width, 40))
        line.setPosition(QPointF(0, number * LEADING))
    layout.endLayout()
    return layout


@lru_cache(maxsize=2048)
def _lines(text: str, width: int) -> int:
    return _laid_out(text, width).lineCount()

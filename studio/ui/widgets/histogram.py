"""Token counts of all rows as bars, and the limit as a line that can be moved."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors

AXIS = 20
TOP = 14


class Histogram(QWidget):
    """Rows per token count, with the limit; drag or arrow keys move it by one token.

    Signals:
        limit_moved(int): the new limit in tokens.
    """

    limit_moved = Signal(int)

    def __init__(self, counts: tuple[int, ...], start: int, step: int, limit: int) -> None:
        super().__init__()
        self._counts, self._start, self._step, self._limit = counts, start, step, limit
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 86)
        self.setAccessibleName("Tokens per row")
        self.setAccessibleDescription(f"Limit {limit} tokens")

    def sizeHint(self) -> QSize:
        return QSize(420, 90)

    def move_limit(self, limit: int) -> None:
        """Set the limit in tokens, kept inside the axis."""
        top = self._start + self._step * len(self._counts)
        self._limit = max(self._start, min(top, limit))
        self.setAccessibleDescription(f"Limit {self._limit} tokens")
        self.update()
        self.limit_moved.emit(self._limit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move:
            self.move_limit(self._limit + move)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        share = event.position().x() / self.width()
        self.move_limit(self._start + round(share * self._step * len(self._counts)))

    def _x(self, tokens: float) -> float:
        return (tokens - self._start) / (self._step * len(self._counts)) * (self.width() - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        floor, top = self.height() - AXIS, max(self._counts)
        for index, count in enumerate(self._counts):
            left, right = (self._x(self._start + self._step * i) for i in (index, index + 1))
            high = count / top * (floor - TOP)
            over = self._start + self._step * index >= self._limit
            tone = c.danger if over else c.embeddings
            painter.fillRect(QRectF(left, floor - high, right - left - 1, high), QColor(tone))
        painter.fillRect(QRectF(0, floor, self.width(), 1), QColor(c.border_strong))
        self._paint_axis(painter, floor)
        self._paint_limit(painter, floor)

    def _paint_axis(self, painter: QPainter, floor: float) -> None:
        c, font = colors(), fonts.font(Role.CAPTION)
        end = self._start + self._step * len(self._counts)
        for tokens in range(self._start, end + 1, 24):
            x = min(max(self._x(tokens), 10), self.width() - 12)
            area = QRectF(x - 20, floor + 3, 40, 16)
            paint.text(painter, area, str(tokens), font, c.muted, paint.CENTRE)

    def _paint_limit(self, painter: QPainter, floor: float) -> None:
        c, x = colors(), self._x(self._limit)
        painter.fillRect(QRectF(x - 1, 2, 2, floor), QColor(c.danger))
        painter.setBrush(QColor(c.danger))
        painter.setPen(Qt.PenStyle.NoPen)
        flag = ((-5, 0), (5, 0), (5, 7), (0, 12), (-5, 7))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, dy) for dx, dy in flag]))
        words = QRectF(x + 10, 0, 120, 14)
        font = fonts.font(Role.CAPTION, fonts.BOLD)
        paint.text(painter, words, f"Limit {self._limit} · drag", font, c.danger)
        if self.hasFocus():
            ring = paint.pen(c.focus, 2)
            paint.box(painter, QRectF(x - 8, 0, 16, floor + 2), 4, edge=ring)

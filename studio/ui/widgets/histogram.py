"""Token counts of all rows as bars, and the limit as a line that can be moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPolygonF,
)
from PySide6.QtWidgets import QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors

Counts = npt.NDArray[np.integer[Any]]
AXIS = 20
TOP = 14
BARS = 24
LEAST = 16
"""Tokens; the smallest limit a recipe takes."""
KEYS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageDown: -16,
    Qt.Key.Key_PageUp: 16,
}


class Histogram(QWidget):
    """Rows per token count, with the limit; drag or arrow keys move it.

    Signals:
        limit_moved(int): the limit while it is being moved, in tokens.
        limit_chosen(int): the limit where the user left it, in tokens.
    """

    limit_moved = Signal(int)
    limit_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._counts: tuple[int, ...] = ()
        self._start, self._step, self._limit = 0, 1, 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(240, 86)
        self.setAccessibleName("Tokens per row")

    def set_values(self, lengths: Sequence[int] | Counts, limit: int) -> None:
        """Show how many rows have which length (both in tokens), and the limit."""
        each = np.asarray(lengths, np.int64)
        low, high = (int(each.min()), int(each.max())) if len(each) else (0, 1)
        self._step = _round_step((max(high, limit) - min(low, limit)) / BARS)
        self._start = min(low, limit) // self._step * self._step
        bars = max(high, limit) // self._step - self._start // self._step + 2
        counts = np.bincount((each - self._start) // self._step, minlength=bars)
        self._counts, self._limit = tuple(counts.tolist()), limit
        self._describe(each)
        self.update()

    def _describe(self, lengths: Counts) -> None:
        over = int((lengths > self._limit).sum())
        self.setAccessibleDescription(
            f"{len(lengths):,} rows; limit {self._limit:,} tokens, {over:,} rows longer"
        )

    def sizeHint(self) -> QSize:
        return QSize(420, 90)

    def move_limit(self, limit: int) -> None:
        """Set the limit in tokens, kept inside the axis."""
        top = self._start + self._step * len(self._counts)
        self._limit = max(self._start, LEAST, min(top, limit))
        self.setAccessibleDescription(f"Limit {self._limit:,} tokens")
        self.update()
        self.limit_moved.emit(self._limit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = KEYS.get(Qt.Key(event.key()))
        if move and self._counts:
            self.move_limit(self._limit + move)
            self.limit_chosen.emit(self._limit)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._counts:
            share = event.position().x() / self.width()
            self.move_limit(self._start + round(share * self._step * len(self._counts)))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._counts:
            self.limit_chosen.emit(self._limit)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _x(self, tokens: float) -> float:
        return (tokens - self._start) / (self._step * len(self._counts)) * (self.width() - 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        floor, top = self.height() - AXIS, max(self._counts, default=0)
        if not top:
            paint.text(
                painter,
                QRectF(self.rect()),
                "Nothing counted yet",
                fonts.font(Role.SMALL),
                c.muted,
                paint.CENTRE,
            )
            return
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
        each = self._step * max(1, round(len(self._counts) / 6))
        for tokens in range(self._start, end + 1, each):
            words = f"{tokens:,}"
            half = paint.width(words, font) / 2 + 1
            x = min(max(self._x(tokens), half), self.width() - half)
            area = QRectF(x - half, floor + 3, 2 * half, 16)
            paint.text(painter, area, words, font, c.muted, paint.CENTRE)

    def _paint_limit(self, painter: QPainter, floor: float) -> None:
        c, x = colors(), self._x(self._limit)
        painter.fillRect(QRectF(x - 1, 2, 2, floor), QColor(c.danger))
        painter.setBrush(QColor(c.danger))
        painter.setPen(Qt.PenStyle.NoPen)
        flag = ((-5, 0), (5, 0), (5, 7), (0, 12), (-5, 7))
        painter.drawPolygon(QPolygonF([QPointF(x + dx, dy) for dx, dy in flag]))
        font, said = fonts.font(Role.CAPTION, fonts.BOLD), f"Limit {self._limit:,} · drag"
        wide = paint.width(said, font) + 2
        left = x + 10 if x + 10 + wide < self.width() else x - 10 - wide
        paint.text(painter, QRectF(left, 0, wide, 14), said, font, c.danger)
        if self.hasFocus():
            ring = paint.pen(c.focus, 2)
            paint.box(painter, QRectF(x - 8, 0, 16, floor + 2), 4, edge=ring)


def _round_step(width: float) -> int:
    """Return the width of a bar in tokens: 1, 2 or 3 times a power of four."""
    return next((step for step in _STEPS if step >= width), _STEPS[-1])


_STEPS: tuple[int, ...] = tuple(base << 2 * power for power in range(10) for base in (1, 2, 3))

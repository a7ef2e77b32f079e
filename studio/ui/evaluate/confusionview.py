"""The confusion matrix, drawn: written labels downwards, answered labels to the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.core.metrics.classes import OTHER
from studio.core.units import percent
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import plain_tip

CELL, NAMES, HEAD = 44, 150, 40
"""Px of a cell, of the written labels at the left, of the answered labels above."""


class ConfusionView(QWidget):
    """Counts in cells; the diagonal is right and green, all else is tinted by its share."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[str, ...] = ()
        self._matrix: tuple[tuple[int, ...], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Confusion matrix")

    def show_matrix(self, labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
        """Show how often each label was answered as each label, and as none of them."""
        self._labels = tuple(labels)
        self._matrix = tuple(map(tuple, matrix))
        self.setAccessibleDescription("; ".join(self._spoken()))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        rows = len(self._matrix)
        return QSize(NAMES + CELL * (rows + 1), HEAD + CELL * rows if rows else 0)

    def minimumSizeHint(self) -> QSize:
        return QSize(NAMES, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            tip = self._tip(event.pos().x(), event.pos().y())
            QToolTip.showText(event.globalPos(), plain_tip(tip), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        small, wide = fonts.font(Role.SMALL), self._cell()
        middle = Qt.TextElideMode.ElideMiddle
        for at, name in enumerate((*self._labels, OTHER)):
            spot = QRectF(NAMES + at * wide + 2, 0, wide - 4, HEAD - 4)
            paint.text(painter, spot, name, small, c.muted, paint.CENTRE, middle)
        for row, counts in enumerate(self._matrix):
            y, total = HEAD + row * CELL, max(sum(counts), 1)
            left = QRectF(0, y, NAMES - 12, CELL)
            paint.text(painter, left, self._labels[row], small, c.text, paint.RIGHT, middle)
            for at, n in enumerate(counts):
                spot = QRectF(NAMES + at * wide + 1, y + 1, wide - 2, CELL - 2)
                ink = c.accent if at == row else c.warning
                ground = paint.mixed(ink, c.surface, 0.12 + 0.3 * n / total) if n else None
                painter.fillRect(spot, ground or QColor(c.sunken))
                weight = fonts.BOLD if at == row else fonts.REGULAR
                paint.text(painter, spot, f"{n:,}", fonts.font(weight=weight), c.text, paint.CENTRE)

    def _cell(self) -> float:
        room = (self.width() - NAMES) / max(len(self._labels) + 1, 1)
        return max(min(room, 110.0), 18.0)

    def _tip(self, x: int, y: int) -> str:
        row, at = int((y - HEAD) // CELL), int((x - NAMES) // self._cell())
        if not (0 <= row < len(self._matrix) and 0 <= at <= len(self._labels)):
            return ""
        n, total = self._matrix[row][at], sum(self._matrix[row])
        answered = (*self._labels, OTHER)[at]
        return f"Written {self._labels[row]}, answered {answered}: {n:,} of {total:,}"

    def _spoken(self) -> list[str]:
        return [
            f"{name}: {percent(counts[at] / max(sum(counts), 1))} right of {sum(counts):,}"
            for at, (name, counts) in enumerate(zip(self._labels, self._matrix, strict=True))
        ]

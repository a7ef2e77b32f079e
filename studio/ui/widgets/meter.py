"""Thin bars: ours beside others on the card, a measured peak against its prediction."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.theme import colors


class Meter(QWidget):
    """A trough of 8 px with our share filled and others' share hatched, both 0 to 1."""

    def __init__(self, name: str, ours: float, others: float = 0.0, width: int = 150) -> None:
        super().__init__()
        self._ours, self._others = ours, others
        self.setFixedSize(width, 8)
        self.setAccessibleName(name)
        self.setAccessibleDescription(f"{ours:.0%}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = QPainter(self), colors(), QRectF(self.rect())
        painter.fillRect(area, c.sunken)
        split = area.width() * self._ours
        painter.fillRect(QRectF(0, 0, split, area.height()), QColor(c.accent))
        theirs = QRectF(split, 0, area.width() * self._others, area.height())
        painter.fillRect(theirs, paint.hatch(c.others, c.others_hatch))
        paint.box(painter, area, 2, edge=c.border_strong)


class PeakMeter(QWidget):
    """A measured peak as filled bar, the prediction as open bracket and tick; all in GiB."""

    def __init__(
        self, measured: float, predicted: tuple[float, float], point: float, card: float
    ) -> None:
        super().__init__()
        self._measured, self._range, self._point, self._card = measured, predicted, point, card
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        low, high = predicted
        self.setAccessibleName(f"Peak {measured} GiB, predicted {point}, {low} to {high}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        scale = self.width() / self._card
        trough = QRectF(0, 9, self.width(), 10)
        paint.box(painter, trough, 0, c.sunken, c.border)
        painter.fillRect(QRectF(0, 9, self._measured * scale, 10), QColor(c.accent))
        painter.setPen(paint.pen(c.text, 1.6))
        low, high = (v * scale for v in self._range)
        painter.drawLine(QPointF(low, 4), QPointF(high, 4))
        for x in (low, high):
            painter.drawLine(QPointF(x, 1), QPointF(x, 7))
        painter.drawLine(QPointF(self._point * scale, 21), QPointF(self._point * scale, 27))

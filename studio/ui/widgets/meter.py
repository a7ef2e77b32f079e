"""Thin bars: ours beside others on the card, a measured peak against its prediction."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.units import percent
from studio.ui.look import paint
from studio.ui.look.theme import colors


class Meter(QWidget):
    """A trough of 8 px with our share filled and others' share hatched, both 0 to 1."""

    def __init__(self, name: str, width: int = 150) -> None:
        super().__init__()
        self._ours, self._others = 0.0, 0.0
        self.setFixedSize(width, 8)
        self.setAccessibleName(name)
        self.set_shares(0.0)

    def set_shares(self, ours: float, others: float = 0.0) -> None:
        """Show other shares; they are kept inside the trough."""
        ours = min(max(ours, 0.0), 1.0)
        self._ours, self._others = ours, min(max(others, 0.0), 1.0 - ours)
        words = percent(self._ours) + (f" ours, {percent(self._others)} others" if others else "")
        self.setAccessibleDescription(words)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = paint.smooth(QPainter(self)), colors(), QRectF(self.rect())
        edge = area.adjusted(0.5, 0.5, -0.5, -0.5)
        inside = QPainterPath()
        inside.addRoundedRect(edge, 2, 2)
        painter.fillPath(inside, QColor(c.sunken))
        painter.setClipPath(inside)
        split = area.width() * self._ours
        painter.fillRect(QRectF(0, 0, split, area.height()), QColor(c.accent))
        theirs = QRectF(split, 0, area.width() * self._others, area.height())
        painter.fillRect(theirs, paint.hatch(c.others, c.others_hatch))
        painter.setClipping(False)
        paint.box(painter, area, 2, edge=c.border_strong)


class PeakMeter(QWidget):
    """A measured peak as filled bar, the prediction as open bracket and tick; all in GiB."""

    def __init__(self) -> None:
        super().__init__()
        self._measured, self._range, self._point, self._card = 0.0, (0.0, 0.0), 0.0, 1.0
        self.setFixedHeight(28)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Peak memory")

    def set_values(
        self, measured: float, predicted: tuple[float, float], point: float, card: float
    ) -> None:
        """Show a peak (0 if nothing is measured yet) beside its prediction, in GiB."""
        self._measured, self._range, self._point = measured, predicted, point
        self._card = max(card, measured, *predicted, 1e-9)
        said = f"measured {measured:.1f} GiB" if measured else "not measured yet"
        low, high = predicted
        self.setAccessibleDescription(f"{said}, predicted {point:.1f}, {low:.1f} to {high:.1f}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        scale = self.width() / self._card
        trough = QRectF(0, 9, self.width(), 10)
        paint.box(painter, trough, 0, c.sunken, c.border)
        painter.fillRect(QRectF(0, 9, self._measured * scale, 10), QColor(c.accent))
        if not self._point:
            return
        painter.setPen(paint.pen(c.text, 1.6))
        low, high = (v * scale for v in self._range)
        painter.drawLine(QPointF(low, 4), QPointF(high, 4))
        for x in (low, high):
            painter.drawLine(QPointF(x, 1), QPointF(x, 7))
        painter.drawLine(QPointF(self._point * scale, 21), QPointF(self._point * scale, 27))

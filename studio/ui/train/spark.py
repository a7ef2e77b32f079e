"""A small line without axes for a reading that needs no scale."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.core.units import NO_VALUE
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import EMPTY, Floats, Points, thinned
from studio.ui.train.figure import Figure
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import fill, label

POINTS = 200
HEIGHT = 70


class Spark(QWidget):
    """Values over the steps of a run; what is planned but not lived is dotted."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._lived, self._planned, self._total, self._top = EMPTY, EMPTY, 1, 1.0
        self.setAccessibleName(name)
        self.setMinimumHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_values(self, steps: Floats, values: Floats, total: int, plan: Points = EMPTY) -> None:
        """Show what was measured at the steps, and what is planned for later ones."""
        self._lived, self._planned = thinned(steps, values, POINTS), plan
        self._total, self._top = max(total, 1), _top_of(self._lived, plan)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        area = QRectF(self.rect()).adjusted(1, 3, -1, -3)
        painter.setPen(paint.pen(c.grid))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(paint.pen(c.bark, 1.2))
        painter.drawPolyline(self._polygon(self._lived, area))
        painter.setPen(paint.pen(c.slate, 1.2, (3, 3)))
        painter.drawPolyline(self._polygon(self._planned, area))

    def _polygon(self, points: Points, area: QRectF) -> QPolygonF:
        finite = np.isfinite(points.y)
        xs = area.left() + points.x[finite] / self._total * area.width()
        ys = area.bottom() - np.clip(points.y[finite] / self._top, 0, 1) * area.height()
        return QPolygonF([QPointF(x, y) for x, y in zip(xs.tolist(), ys.tolist(), strict=True)])


def _top_of(lived: Points, planned: Points) -> float:
    """Return the value at the top: the largest, or nearly so where there are many."""
    values = np.concatenate([lived.y, planned.y])
    values = np.sort(values[np.isfinite(values)])
    if not len(values):
        return 1.0
    return float(values[-1 - len(values) // 200]) or 1.0


class SparkCard(Card):
    """A reading with its name, its unit and its line."""

    def __init__(self, name: str, unit: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFixedHeight(HEIGHT)
        self.spark = Spark(name)
        self._reading = Figure(Role.SMALL, fonts.BOLD)
        self._reading.say(NO_VALUE)
        head = fill(QHBoxLayout(), label(name, Role.SMALL, fonts.MEDIUM), None, gap=6)
        head.addWidget(self._reading)
        if unit:
            head.addWidget(label(unit, Role.SMALL, tone="muted"))
        column = fill(QVBoxLayout(), head, self.spark, gap=2, edge=(13, 8, 13, 5))
        self.body.addLayout(column)

    def say(self, reading: str) -> None:
        """Show the reading as it is now."""
        self._reading.say(reading)
        self.spark.setAccessibleDescription(reading)

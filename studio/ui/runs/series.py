"""How the runs that are compared are told apart: a colour, a dash and a mark for each."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from studio.ui.look import paint
from studio.ui.look.theme import colors

SERIES = ("leaf", "clay", "lake", "plum", "slate")
"""In the order in which runs are compared; every further run is slate, with a dash of its own."""
_DASHES: dict[str, tuple[float, ...]] = {
    "leaf": (),
    "clay": (7, 3),
    "lake": (2, 3),
    "plum": (8, 3, 2, 3),
    "slate": (12, 4),
}


def series_at(place: int) -> str:
    """Return the series of the run at a place of those that are compared."""
    return SERIES[min(place, len(SERIES) - 1)]


def series_pen(series: str, width: float = 2.0) -> QPen:
    """Return the pen a series is drawn with."""
    return paint.pen(getattr(colors(), series), width, _DASHES[series])


def paint_sign(painter: QPainter, area: QRectF, series: str) -> None:
    """Draw the sign of a series: its line, and its mark in the middle."""
    middle = area.center()
    painter.setPen(series_pen(series))
    painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
    painter.setPen(paint.pen(getattr(colors(), series), 1.6))
    painter.setBrush(QColor(colors().surface))
    spot = QRectF(middle.x() - 3, middle.y() - 3, 6, 6)
    if series == "leaf":
        painter.drawEllipse(spot)
    elif series == "clay":
        painter.drawRect(spot)
    elif series == "lake":
        painter.drawPolygon(
            [spot.bottomLeft(), spot.bottomRight(), QPointF(middle.x(), spot.top())]
        )
    elif series == "plum":
        ends = (spot.left(), spot.right(), spot.top(), spot.bottom())
        painter.drawPolygon(
            [
                QPointF(middle.x(), ends[2]),
                QPointF(ends[1], middle.y()),
                QPointF(middle.x(), ends[3]),
                QPointF(ends[0], middle.y()),
            ]
        )


def paint_tick(painter: QPainter, spot: QRectF, series: str) -> None:
    """Draw the box of a run in the table: ticked in its series' colour, or empty."""
    c = colors()
    if not series:
        paint.box(painter, spot, 3, c.surface, c.border_strong)
        return
    paint.box(painter, spot, 3, getattr(c, series))
    tick = paint.pen(c.surface, 1.8)
    tick.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(tick)
    x, y = spot.left(), spot.top()
    painter.drawPolyline([QPointF(x + 3, y + 7), QPointF(x + 6, y + 10), QPointF(x + 11, y + 4)])

"""The drawing of the graft, for the first run only: a living branch on a frozen trunk."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.theme import colors

SIZE = QSize(200, 242)
GROUND = 238
_TRUNK = ((72, 130), (124, 104), (124, GROUND), (72, GROUND))


class GraftDrawing(QWidget):
    """A trunk, the binding, and a branch with two leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(SIZE)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        painter.fillRect(QRectF(0, GROUND, SIZE.width(), 1.5), QColor(c.border))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(c.frozen))
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in _TRUNK]))
        grain = QColor(c.surface)
        grain.setAlphaF(0.35)
        for x, top in ((86, 138), (99, 132), (111, 126)):
            painter.fillRect(QRectF(x, top, 1.5, GROUND - top), grain)
        for y in (146, 156):
            painter.fillRect(QRectF(72, y, 52, 4), QColor(c.accent_tint))
            painter.fillRect(QRectF(72, y + 1, 52, 2), QColor(c.gradients))
        self._paint_branch(painter)

    def _paint_branch(self, painter: QPainter) -> None:
        c = colors()
        stem = QPainterPath(QPointF(97, 121))
        stem.cubicTo(QPointF(98, 92), QPointF(106, 72), QPointF(140, 52))
        line = paint.pen(c.accent, 5)
        line.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.strokePath(stem, line)
        small = QPainterPath(QPointF(101, 90))
        small.cubicTo(QPointF(80, 90), QPointF(70, 78), QPointF(70, 60))
        small.cubicTo(QPointF(90, 60), QPointF(101, 70), QPointF(101, 90))
        painter.fillPath(small, QColor(c.gradients))
        big = QPainterPath(QPointF(131, 58))
        big.cubicTo(QPointF(128, 24), QPointF(150, 6), QPointF(195, 6))
        big.cubicTo(QPointF(196, 44), QPointF(172, 66), QPointF(131, 58))
        painter.fillPath(big, QColor(c.accent))
        vein = QPainterPath(QPointF(131, 58))
        vein.cubicTo(QPointF(146, 46), QPointF(164, 28), QPointF(180, 20))
        painter.strokePath(vein, paint.pen(c.accent_tint, 2))

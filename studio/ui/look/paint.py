"""Short words for what every painter of the look does."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen, QPixmap

LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter
_ONE_LINE = Qt.TextFlag.TextSingleLine.value


def pen(colour: str, width: float = 1.0, dashes: tuple[float, ...] = ()) -> QPen:
    """Return a pen; dashes are px on and off, whatever the width."""
    made = QPen(QColor(colour), width)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    made.setCosmetic(True)
    if dashes:
        made.setDashPattern([d / width for d in dashes])
    return made


def text(
    painter: QPainter,
    rect: QRectF,
    words: str,
    font: QFont,
    colour: str,
    flags: Qt.AlignmentFlag = LEFT,
    elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> float:
    """Draw one line of text, elided to the rectangle; return its width in px."""
    metrics = QFontMetricsF(font)
    shown = metrics.elidedText(words, elide, rect.width() + 0.5)
    painter.setFont(font)
    painter.setPen(QColor(colour))
    painter.drawText(rect, flags.value | _ONE_LINE, shown)
    return metrics.horizontalAdvance(shown)


def width(words: str, font: QFont) -> float:
    """Return the width of a line of text in px."""
    return QFontMetricsF(font).horizontalAdvance(words)


def box(
    painter: QPainter, rect: QRectF, radius: float, fill: str | QBrush = "", edge: QPen | str = ""
) -> None:
    """Draw a rounded box; an edge given as colour is a crisp hairline inside the rectangle."""
    line = pen(edge) if isinstance(edge, str) and edge else edge
    painter.setPen(line if isinstance(line, QPen) else Qt.PenStyle.NoPen)
    brush = QBrush(QColor(fill)) if isinstance(fill, str) and fill else fill
    painter.setBrush(brush if isinstance(brush, QBrush) else Qt.BrushStyle.NoBrush)
    inset = line.widthF() / 2 if isinstance(line, QPen) else 0
    painter.drawRoundedRect(rect.adjusted(inset, inset, -inset, -inset), radius, radius)


@lru_cache(maxsize=16)
def hatch(fill: str, stroke: str, step: int = 6, width: float = 1.1) -> QBrush:
    """Return a 45 degree hatch as a texture, so that it costs one fill whatever the area."""
    tile = QPixmap(step, step)
    tile.fill(QColor(fill))
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(stroke), width))
    for shift in (-step, 0, step):
        painter.drawLine(QPointF(shift - 1, step + 1), QPointF(shift + step + 1, -1))
    painter.end()
    return QBrush(tile)


def mixed(colour: str, ground: str, share: float) -> QColor:
    """Return what a colour looks like on a ground when it covers a share of it, 0 to 1."""
    top, below = QColor(colour), QColor(ground)
    pairs = (
        (top.red(), below.red()),
        (top.green(), below.green()),
        (top.blue(), below.blue()),
    )
    return QColor(*(round(share * a + (1 - share) * b) for a, b in pairs))


def smooth(painter: QPainter) -> QPainter:
    """Switch on antialiasing and return the painter."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    return painter

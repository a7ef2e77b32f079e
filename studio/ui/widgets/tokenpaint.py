"""Draws one token: colour, and always a second sign that is not colour."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from studio.ui.look import fonts, paint
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_TOKEN
from studio.ui.widgets.tokenstate import LIMIT_WIDTH, State, TokenSpan

CHIP = 20


def paint_token(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    """Draw a token into its chip."""
    match span.state:
        case State.TRAINED:
            _paint_trained(painter, area, span)
        case State.MASKED:
            _paint_masked(painter, area, span)
        case State.CUT:
            _paint_cut(painter, area, span)
        case State.END:
            _paint_end(painter, area, span)
        case _:
            _paint_lost_end(painter, area, span)


def paint_limit(painter: QPainter, area: QRectF, limit: int) -> None:
    """Draw the bar, with its number, before the first token that is cut."""
    c, left = colors(), area.left() - LIMIT_WIDTH
    painter.fillRect(QRectF(left + 4, area.top() - 2, 2, CHIP + 4), QColor(c.danger))
    words = QRectF(left + 10, area.top(), LIMIT_WIDTH - 10, CHIP)
    paint.text(painter, words, str(limit), fonts.font(fonts.Role.CAPTION, fonts.BOLD), c.danger)


def paint_border(painter: QPainter, area: QRectF) -> None:
    """Draw where a token begins."""
    painter.fillRect(QRectF(area.left() - 1, area.top(), 1, CHIP), QColor(colors().border_strong))


def _words(
    painter: QPainter, area: QRectF, span: TokenSpan, colour: str, bold: bool = False
) -> None:
    painter.setFont(fonts.mono(fonts.BOLD if bold else fonts.REGULAR))
    painter.setPen(QColor(colour))
    painter.drawText(area, int(paint.LEFT), span.shown)


def _strike(painter: QPainter, area: QRectF) -> None:
    painter.setPen(paint.pen(colors().danger, 1.2))
    y = area.center().y() + 0.5
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right() + 1, y))


def _paint_trained(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    c = colors()
    painter.fillRect(area, QColor(c.accent_tint))
    painter.fillRect(QRectF(area.left(), area.bottom() - 2, area.width(), 2), QColor(c.accent))
    _words(painter, area, span, c.text)


def _paint_masked(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    c = colors()
    if not span.special:
        _words(painter, area, span, c.muted)
        return
    paint.box(painter, area.adjusted(0, 1, 0, -1), RADIUS_TOKEN, edge=c.border)
    _words(painter, area.adjusted(4, 0, 0, 0), span, c.muted)


def _paint_cut(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    c = colors()
    painter.fillRect(area.adjusted(0, 1, 1, -1), paint.hatch(c.surface, c.danger_tint, 8, 3.0))
    _words(painter, area, span, c.danger)
    _strike(painter, area)


def _paint_end(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    c = colors()
    paint.box(painter, area, RADIUS_TOKEN, c.surface, paint.pen(c.accent, 1.5))
    painter.fillRect(QRectF(area.left() + 6, area.center().y() - 3, 6, 6), QColor(c.accent))
    _words(painter, area.adjusted(17, 0, 0, 0), span, c.accent, bold=True)


def _paint_lost_end(painter: QPainter, area: QRectF, span: TokenSpan) -> None:
    c = colors()
    paint.box(painter, area, RADIUS_TOKEN, edge=paint.pen(c.danger, 1.5, (3, 2)))
    inside = area.adjusted(4, 0, -4, 0)
    _words(painter, inside, span, c.danger)
    if span.state is State.END_CUT:
        _strike(painter, inside)

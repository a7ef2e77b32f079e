"""What fields with small arrows have in common: how they are drawn, and whose the wheel is."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QWidget

from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors

TEXT_LEFT = 7
"""Px before the text."""
ARROW = 12


def set_up(field: QAbstractSpinBox, name: str, width: int) -> None:
    """Name a field, give it its width, and let it tell what is whole, not while it is typed."""
    field.setAccessibleName(name)
    field.setKeyboardTracking(False)
    field.setFixedWidth(width)
    field.lineEdit().setTextMargins(TEXT_LEFT, 0, 0, 0)


def draw_arrows(field: QAbstractSpinBox) -> None:
    """Draw the arrows over a field that has drawn itself."""
    painter, c = QPainter(field), colors()
    tone = c.muted if field.isEnabled() else c.border_strong
    middle, right = field.height() / 2, field.width() - ARROW - TEXT_LEFT
    paint_icon(painter, "up", QRectF(right, middle - ARROW, ARROW, ARROW), tone)
    paint_icon(painter, "down", QRectF(right, middle, ARROW, ARROW), tone)


def takes_wheel(field: QWidget, event: QWheelEvent) -> bool:
    """Return whether the wheel turns a field's value; else it is left to scroll the page."""
    if not field.hasFocus():
        event.ignore()
    return field.hasFocus()

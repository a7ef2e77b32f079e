"""A sunken bar with a word in front: what was said, and who said it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.chat.textview import TextView
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import PADDING, RADIUS_CONTROL
from studio.ui.widgets.parts import Button, fill, label

SHOWN = 4_000
"""Characters shown of a question; a longer one is sent whole."""
LINE = 28
"""Px of the first line; the buttons are as high."""


class Well(QWidget):
    """Who, the text, and buttons at the right."""

    def __init__(self, who: str, text: str) -> None:
        super().__init__()
        rest = len(text) - SHOWN
        self.view = TextView(who, role=Role.BODY)
        self.view.set_text(text if rest <= 0 else f"{text[:SHOWN]}\n… {rest:,} characters more")
        self._row = QHBoxLayout(self)
        fill(self._row, gap=14, edge=(PADDING, 4, 8, 4))
        name = label(who, weight=fonts.MEDIUM, tone="muted")
        name.setMinimumHeight(LINE)
        self._row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        air = (LINE - self.view.sizeHint().height()) // 2
        self._row.addLayout(fill(QVBoxLayout(), self.view, None, edge=(0, air, 0, air)), 1)
        self._buttons = fill(QHBoxLayout(), gap=2)
        self._row.addLayout(self._buttons)

    def add_button(self, button: Button) -> None:
        """Put a button at the right end."""
        self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL, colors().sunken)

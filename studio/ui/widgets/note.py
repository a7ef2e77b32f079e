"""The note: what to look at, on a tint, with its one way out on the same line."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL
from studio.ui.widgets.parts import Button, IconLabel, fill, prose


class Note(QWidget):
    """A bold fact, its consequence, and at most one button; the words are the product's own."""

    def __init__(self, fact: str, consequence: str, button: Button | None = None) -> None:
        super().__init__()
        words: QLabel = prose("", Role.SMALL, tone="")
        words.setTextFormat(Qt.TextFormat.RichText)
        words.setText(f"<b>{fact}</b> {consequence}")
        words.setMinimumWidth(120)
        row = QHBoxLayout(self)
        fill(row, gap=10, edge=(12, 9, 10, 9))
        row.addWidget(IconLabel("warning", "warning"), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(words, 1)
        if button is not None:
            row.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.setAccessibleName(f"{fact} {consequence}")

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL, colors().warning_tint)

"""The note: what to look at, on a tint, with its one way out on the same line."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL
from studio.ui.widgets.parts import Button, IconLabel, fill, prose

TONES = {
    "warning": ("warning", "warning_tint", "warning"),
    "danger": ("danger", "danger_tint", "error"),
    "good": ("accent", "accent_tint", "okay"),
    "plain": ("muted", "sunken", "info"),
}
"""Ink, tint and icon of each tone."""


class Note(QWidget):
    """A bold fact, its consequence, and at most one button."""

    def __init__(
        self,
        fact: str = "",
        consequence: str = "",
        button: Button | None = None,
        tone: str = "warning",
    ) -> None:
        super().__init__()
        self._tone = tone
        self._words: QLabel = prose("", Role.SMALL, tone="")
        self._words.setTextFormat(Qt.TextFormat.RichText)
        self._words.setMinimumWidth(120)
        self._icon = IconLabel("warning", "warning")
        row = QHBoxLayout(self)
        fill(row, gap=10, edge=(12, 9, 10, 9))
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        if button is not None:
            row.addWidget(button)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.say(fact, consequence, tone)

    def say(self, fact: str, consequence: str = "", tone: str = "") -> None:
        """Show other words, plain text both; tone is warning, danger, good, plain or as it was."""
        self._tone = tone or self._tone
        ink, _, icon = TONES[self._tone]
        self._icon.set_icon(icon, ink)
        self._words.setText(f"<b>{escape(fact)}</b> {escape(consequence)}")
        self.setAccessibleName(f"{fact} {consequence}".strip())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        tint = getattr(colors(), TONES[self._tone][1])
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL, tint)

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

SHOWN, LINES = 900, 12
"""Characters and lines shown of a text until all of it is asked for."""
LINE = 28
"""Px of the first line; the buttons are as high."""


class Well(QWidget):
    """Who, the text, and buttons at the right; a long text is folded.

    Attributes:
        fold_button: shows all of a long text, or its beginning again.
    """

    def __init__(self, who: str, text: str) -> None:
        super().__init__()
        self._text, self._head = text, _head(text)
        self.view = TextView(who, role=Role.BODY)
        self.fold_button = Button("", compact=True)
        self.fold_button.setCheckable(True)
        self.fold_button.setVisible(self._head != text)
        self.fold_button.toggled.connect(self._fold)
        self._row = QHBoxLayout(self)
        fill(self._row, gap=14, edge=(PADDING, 4, 8, 4))
        name = label(who, weight=fonts.MEDIUM, tone="muted")
        name.setMinimumHeight(LINE)
        self._row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        self._fold(False)
        air = max((LINE - self.view.sizeHint().height()) // 2, 0)
        fold = fill(QHBoxLayout(), self.fold_button, None)
        words = fill(QVBoxLayout(), self.view, fold, None, gap=4, edge=(0, air, 0, air))
        self._row.addLayout(words, 1)
        self._buttons = fill(QHBoxLayout(), gap=2)
        self._row.addLayout(self._buttons)

    def add_button(self, button: Button) -> None:
        """Put a button at the right end."""
        self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL, colors().sunken)

    def _fold(self, whole: bool) -> None:
        """Show all of the text, or its beginning."""
        folded = not whole and self._head != self._text
        self.view.set_text(f"{self._head.rstrip()}…" if folded else self._text)
        self.fold_button.setText(
            "Show the beginning" if whole else f"Show all {len(self._text):,} characters"
        )


def _head(text: str) -> str:
    """Return what is shown of a text: all of it, unless it is long."""
    lines = text.split("\n", LINES)
    head = "\n".join(lines[:LINES])[:SHOWN]
    return head if len(text) - len(head) > SHOWN // 4 or len(lines) > LINES else text

"""The empty state: one heading, one sentence, one primary button, at most one other."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill, label, prose

WIDTH = 420


class EmptyState(QWidget):
    """Says what would be here and how to get it."""

    def __init__(
        self, heading: str, sentence: str, act: Button | None = None, other: Button | None = None
    ) -> None:
        super().__init__()
        self.setAccessibleName(heading)
        self._heading = label(heading, Role.HEADING, fonts.BOLD)
        self._sentence = prose(sentence, Role.CHAT)
        inner = QWidget()
        inner.setFixedWidth(WIDTH)
        for words in (self._heading, self._sentence):
            words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        buttons = (button for button in (act, other) if button)
        acts = fill(QHBoxLayout(), None, *buttons, None, gap=10)
        fill(QVBoxLayout(inner), self._heading, 8, self._sentence, 16, acts)
        outer = QVBoxLayout(self)
        fill(outer)
        outer.addStretch(2)
        outer.addLayout(fill(QHBoxLayout(), None, inner, None))
        outer.addStretch(3)

    def say(self, heading: str, sentence: str) -> None:
        """Say something else."""
        self._heading.setText(heading)
        self._sentence.setText(sentence)
        self.setAccessibleName(heading)

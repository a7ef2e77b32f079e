"""What the Chat page shows while there is no model to talk to."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill, label


class NothingYet(QWidget):
    """A heading, a sentence, one way on.

    Signals:
        page_requested(str): the page to go to.
    """

    page_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.model_button = Button("Choose a model", "model", "primary")
        self.model_button.clicked.connect(lambda: self.page_requested.emit("Model"))
        title = label("No model to talk to yet", Role.HEADING, fonts.BOLD)
        words = label(
            "Choose a base. When a run has grown a branch on it, both answer side by side here.",
            tone="muted",
        )
        for part in (title, words):
            part.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            part.setWordWrap(True)
        row = fill(QHBoxLayout(), None, self.model_button, None)
        fill(QVBoxLayout(self), None, title, words, 6, row, None, gap=8, edge=40)

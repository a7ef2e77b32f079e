"""The system prompt of the conversation, and whether it is the one of training."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout

from studio.ui.look.tokens import PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, prose

HEIGHT = 132


class SystemCard(Card):
    """A field for the system prompt; as long as nobody changes it, it is that of training.

    Signals:
        changed(): the system prompt of the next question is another now.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("System prompt", " ")
        self._trained = ""
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName("System prompt")
        self.editor.setPlaceholderText("None")
        self.editor.setTabChangesFocus(True)
        self.editor.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.editor.setFixedHeight(HEIGHT)
        self.editor.textChanged.connect(self._on_changed)
        self._words = prose("")
        self.back_button = Button("Back to that of training", "reset", compact=True)
        self.back_button.clicked.connect(lambda: self.set_system(None))
        row = fill(QHBoxLayout(), self.back_button, None)
        column = fill(QVBoxLayout(), self.editor, self._words, row, gap=8)
        column.setContentsMargins(PADDING, 10, PADDING, 12)
        self.body.addLayout(column)
        self._show()

    @property
    def system(self) -> str | None:
        """The system prompt; None is that of training."""
        text = self.editor.toPlainText()
        return None if text == self._trained else text

    def set_trained(self, prompt: str) -> None:
        """Take the system prompt of training; it shows unless the user wrote another."""
        if prompt != self._trained:
            kept = self.system
            self._trained = prompt
            self.set_system(kept)

    def set_system(self, system: str | None) -> None:
        """Show a system prompt; None is that of training."""
        with QSignalBlocker(self.editor):
            self.editor.setPlainText(self._trained if system is None else system)
        self._on_changed()

    def _on_changed(self) -> None:
        self._show()
        self.changed.emit()

    def _show(self) -> None:
        own = self.system is not None
        self.remark.setText("changed" if own else "as trained")
        self._words.setText(
            "Every column reads it before the next question."
            if self._trained or own
            else "The run was trained without one; the template may bring its own."
        )
        self.back_button.setVisible(own)

"""A field for the user's token: what is typed is never shown and leaves it once."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.ui.widgets.parts import Button, fill


class TokenField(QWidget):
    """A line that hides what is typed, and a button that hands it on.

    Signals:
        given(str): the user gave a token; the line is empty again.
    """

    given = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.line.setPlaceholderText("Token: hf_…")
        self.line.setAccessibleName("Token for the Hugging Face Hub")
        self.line.returnPressed.connect(self._give)
        self.keep_button = Button("Keep", "key", compact=True)
        self.line.textChanged.connect(lambda text: self.keep_button.setEnabled(bool(text.strip())))
        self.keep_button.setAccessibleName("Keep the token")
        self.keep_button.setEnabled(False)
        self.keep_button.clicked.connect(self._give)
        row = QHBoxLayout(self)
        fill(row, gap=6)
        row.addWidget(self.line, 1)
        row.addWidget(self.keep_button)

    def _give(self) -> None:
        token = self.line.text().strip()
        self.line.clear()
        if token:
            self.given.emit(token)

"""Somebody's own questions: written or pasted, or read from a file."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.core.ownquestions import OwnQuestions, questions_in
from studio.ui.widgets.parts import Button, fill, label

HEIGHT = 132
READ_MS = 150
"""After the last key what is written is counted."""
SHOWN = 100_000
"""Characters of a file that can be changed here; more are taken as they are."""
HOW = "One question a line. Longer ones with a line of --- between."


class OwnList(QWidget):
    """Counts the questions while they are written.

    Attributes:
        found: the questions as they stand.

    Signals:
        changed(): there are others now.
        file_requested(): a file is to be chosen.
    """

    changed = Signal()
    file_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.found = OwnQuestions(())
        self.editor = QPlainTextEdit()
        self.editor.setAccessibleName("Questions")
        self.editor.setPlaceholderText(HOW)
        self.editor.setFixedHeight(HEIGHT)
        self.editor.setTabChangesFocus(True)
        self.editor.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)  # long words would freeze it
        self.file_button = Button("From a file…", "folder", compact=True)
        self.file_button.setToolTip("Text with a question a line, a JSON list, or JSON lines")
        self.file_button.clicked.connect(self.file_requested)
        self.words = label(HOW, tone="muted")
        foot = fill(QHBoxLayout(), self.words, None, self.file_button, gap=10)
        fill(QVBoxLayout(self), self.editor, foot, gap=6, edge=(0, 6, 0, 4))
        self._wait = QTimer(self, singleShot=True, interval=READ_MS)
        self._wait.timeout.connect(self._read)
        self.editor.textChanged.connect(self._wait.start)

    def take(self, name: str, found: OwnQuestions) -> None:
        """Take the questions of a file; short lists can be changed here."""
        text = "\n---\n".join(found.questions)
        fits = len(text) <= SHOWN
        lines = all("\n" not in question for question in found.questions)
        self.editor.setPlainText(("\n".join(found.questions) if lines else text) if fits else "")
        self.editor.setPlaceholderText(HOW if fits else f"The questions are those of {name}.")
        self._wait.stop()
        self._show(found, f"{name}: ")

    def _read(self) -> None:
        self.editor.setPlaceholderText(HOW)
        self._show(questions_in(self.editor.toPlainText()), "")

    def _show(self, found: OwnQuestions, name: str) -> None:
        self.found = found
        self.words.setText(f"{name}{found.words}" if found.questions else HOW)
        self.changed.emit()

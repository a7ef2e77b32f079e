"""The frame of every dialog: a question or a title, facts below, acts at the right."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, fill, prose

WIDTH = 480


class Dialog(QDialog):
    """A dialog with a title of its own; Esc cancels, the primary act is the default.

    Attributes:
        body: the layout below title and facts.
        acts: the row of buttons; what is added stands right of the others.
    """

    def __init__(self, parent: QWidget | None, title: str, facts: str = "") -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAccessibleDescription(facts)
        self.setObjectName("dialog")
        self.setMinimumWidth(WIDTH)
        head = prose(title, Role.SECTION, tone="")
        head.setFont(fonts.font(Role.SECTION, fonts.BOLD))
        self.body = fill(QVBoxLayout(), gap=8)
        self.acts = fill(QHBoxLayout(), None, gap=8)
        column = QVBoxLayout(self)
        fill(column, head, gap=8, edge=(20, 18, 20, 16))
        if facts:
            column.addWidget(prose(facts, Role.BODY))
        column.addLayout(self.body, 1)
        column.addSpacing(6)
        column.addLayout(self.acts)

    def sizeHint(self) -> QSize:
        """Return no narrower a size than the dialog has: its height is that of words so wide."""
        return super().sizeHint().expandedTo(QSize(self.minimumWidth(), 0))

    def add_act(self, words: str, kind: str = "secondary") -> Button:
        """Add a button; a primary or danger one accepts, the others close."""
        made = Button(words, kind=kind)
        ends = kind in ("primary", "danger")
        made.clicked.connect(self.accept if ends else self.reject)
        made.setDefault(ends)
        self.acts.addWidget(made)
        return made


def ask(parent: QWidget | None, question: str, facts: str, act: str, kind: str = "primary") -> bool:
    """Ask before something that cannot be undone or costs network; return whether to do it."""
    dialog = Dialog(parent, question, facts)
    dialog.add_act("Cancel")
    dialog.add_act(act, kind)
    try:
        return dialog.exec() == QDialog.DialogCode.Accepted
    finally:
        dialog.deleteLater()


def tell(parent: QWidget | None, what: str, facts: str) -> None:
    """Tell something that has to be read before anything goes on."""
    dialog = Dialog(parent, what, facts)
    dialog.add_act("Close")
    try:
        dialog.exec()
    finally:
        dialog.deleteLater()

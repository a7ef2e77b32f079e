"""The conversations that were: open one again, rename, delete, export it."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout

from studio.core.talk import LONGEST_TITLE
from studio.data.conversations import ConversationSummary
from studio.ui.look.tokens import PADDING
from studio.ui.runs.cells import when
from studio.ui.widgets.card import Card
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import Button, fill, prose

TALLEST = 420


class PastCard(Card):
    """A list of conversations; the buttons below are about the one that is open.

    Signals:
        opened(int): the number of a conversation that should be open.
        renamed(str): another title for the one that is open.
        delete_requested(), export_requested(): of the one that is open.
    """

    opened = Signal(int)
    renamed = Signal(str)
    delete_requested = Signal()
    export_requested = Signal()

    def __init__(self) -> None:
        super().__init__("Conversations", " ")
        self._shown: list[ConversationSummary] = []
        self._open: ConversationSummary | None = None
        self.list = EntryList("Conversations", 50)
        self.list.chosen.connect(lambda row: self.opened.emit(self._shown[row].id))
        self._none = prose("What is asked is kept here by itself.")
        self.title_field = QLineEdit()
        self.title_field.setAccessibleName("Title of the conversation")
        self.title_field.setMaxLength(2 * LONGEST_TITLE)
        self.title_field.returnPressed.connect(self._on_title_given)
        self.title_field.installEventFilter(self)
        self.title_field.hide()
        self.rename_button = Button("Rename", "edit", compact=True)
        self.rename_button.clicked.connect(self._on_rename_clicked)
        self.export_button = Button("Export…", "export", compact=True)
        self.export_button.clicked.connect(self.export_requested)
        self.delete_button = Button("Delete", "delete", compact=True)
        self.delete_button.clicked.connect(self.delete_requested)
        buttons = (self.rename_button, self.export_button, self.delete_button)
        acts = fill(QHBoxLayout(), *buttons, None, gap=6)
        foot = fill(QVBoxLayout(), self._none, self.title_field, acts, gap=8)
        foot.setContentsMargins(PADDING, 8, PADDING, 12)
        self.body.addWidget(self.list)
        self.body.addLayout(foot)

    def show_conversations(self, found: Sequence[ConversationSummary], conversation: int) -> None:
        """Show the conversations, and which one is open; 0 for one that has not begun."""
        self._shown = list(found)
        self._open = next((each for each in found if each.id == conversation), None)
        self.remark.setText(f"{len(found):,} kept" if found else "")
        self._none.setVisible(not found)
        self.list.setVisible(bool(found))
        current = self._shown.index(self._open) if self._open else -1
        self.list.set_entries([_entry(each) for each in found], current)
        height = sum(self.list.sizeHintForRow(n) for n in range(min(len(found), 20))) + 2
        self.list.setFixedHeight(min(height, TALLEST))
        for button in (self.rename_button, self.export_button, self.delete_button):
            button.setEnabled(self._open is not None)
        self.title_field.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        leaves = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if watched is self.title_field and leaves and event.type() is QEvent.Type.KeyPress:
            self.title_field.hide()
            self.rename_button.setFocus()
            return True
        return super().eventFilter(watched, event)

    def _on_rename_clicked(self) -> None:
        if self._open is not None:
            self.title_field.setText(self._open.title)
            self.title_field.selectAll()
            self.title_field.show()
            self.title_field.setFocus()

    def _on_title_given(self) -> None:
        words = self.title_field.text().strip()
        self.title_field.hide()
        if words and self._open is not None and words != self._open.title:
            self.renamed.emit(words)


def _entry(summary: ConversationSummary) -> Entry:
    asked = f"{summary.turns} question{'s' if summary.turns != 1 else ''}"
    below = f"{when(summary.changed, time.time())} · {asked}"
    tip = f"{summary.title}\n{summary.columns}"
    return Entry(summary.title, below, tip=tip)

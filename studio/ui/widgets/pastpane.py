"""The frame of what can be done again and again: what was done at the left, one of it at the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.look import tokens
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import Button, ChoiceField, fill

WIDTH_LIST = 232
_HEIGHT_ENTRY = 52
_WIDTH_CHOICE = 320


class PastPane(QWidget):
    """A list at the left, or a drop-down where the window is narrow; a stack of views at the right.

    Args:
        many: what they are called, such as "Evaluations".
        new: the words that begin another.
        views: of the stack: a form, what is being done, what came of it, and so on.

    Signals:
        entry_chosen(int): the entry at this place is to be opened.
        new_requested(): another is to be begun.
    """

    entry_chosen = Signal(int)
    new_requested = Signal()

    def __init__(self, many: str, new: str, *views: QWidget) -> None:
        super().__init__()
        self.new_button = Button(new, "add", compact=True)
        self.add_button = Button(new, "add", "icon")
        self.list, self.choice = EntryList(many, _HEIGHT_ENTRY), ChoiceField()
        self.choice.setAccessibleName(many)
        self.choice.setMinimumWidth(_WIDTH_CHOICE)
        self.choice.setPlaceholderText(many)
        self.banner, self.stack = ErrorBanner(), QStackedWidget()
        for view in views:
            self.stack.addWidget(view)
        self.side = Card(many, "", self.add_button)
        self.side.setFixedWidth(WIDTH_LIST)
        self.side.body.addWidget(self.list, 1)
        self.small_bar = QWidget()
        fill(QHBoxLayout(self.small_bar), self.choice, None, self.new_button, gap=8)
        right = fill(QVBoxLayout(), self.small_bar, self.banner, gap=10)
        right.addWidget(self.stack, 1)
        row = QHBoxLayout(self)
        fill(row, self.side, gap=tokens.GAP_COLUMN)
        row.addLayout(right, 1)
        self.list.chosen.connect(self.entry_chosen)
        self.choice.activated.connect(self.entry_chosen)
        self.new_button.clicked.connect(self.new_requested)
        self.add_button.clicked.connect(self.new_requested)

    def set_small(self, small: bool) -> None:
        """Turn the list into a drop-down, or back."""
        self.side.setVisible(not small)
        self.small_bar.setVisible(small)

    def show_entries(self, entries: Sequence[Entry], titles: Sequence[str], at: int) -> None:
        """Show what was done.

        Args:
            entries: of the list.
            titles: the same as lines of the drop-down.
            at: place of the one that is open; -1 for none.
        """
        self.list.set_entries(list(entries), at)
        self.choice.clear()
        self.choice.addItems(list(titles))
        self.choice.setCurrentIndex(at)
        self.choice.setVisible(bool(titles))
        self.side.remark.setText(f"{len(titles):,}" if titles else "none yet")

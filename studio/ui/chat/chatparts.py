"""The parts of the Chat page and where they stand; what they do is the page's matter."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.chat.columnhead import ColumnsCard
from studio.ui.chat.columnheads import ColumnHeads
from studio.ui.chat.columnmenu import ColumnMenu
from studio.ui.chat.composer import Composer
from studio.ui.chat.conversation import Conversation
from studio.ui.chat.exchangeview import TIGHT
from studio.ui.chat.nothingyet import NothingYet
from studio.ui.chat.notices import Notices
from studio.ui.chat.sidepanel import SidePanel
from studio.ui.look import tokens
from studio.ui.widgets.parts import Button, fill, line
from studio.ui.widgets.segmented import Segmented

ALONE = 1
"""The second choice of the switch: each question is asked without those before it."""


class ChatParts(QStackedWidget):
    """Conversation on the left; questions, past conversations and the system prompt on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.heads, self.conversation = ColumnHeads(), Conversation()
        self.composer, self.notices = Composer(), Notices()
        self.side = SidePanel()
        self.held_out, self.loaded = self.side.held_out, self.side.loaded
        self.nothing_yet = NothingYet()
        self.turns = Segmented("What is sent along", "Conversation", "Single questions")
        self.turns.setToolTip(
            "In a conversation each column reads its own turns so far; single questions are asked "
            "without them"
        )
        self.differences = Button("Differences", "compare", "chip")
        self.differences.setCheckable(True)
        self.differences.setToolTip("Set the words apart that only one of two answers has")
        self.plain = Button("Plain", "", "chip")
        self.plain.setCheckable(True)
        self.plain.setToolTip("Show answers as they were written, marks and all")
        self.add_button = Button("Column", "add", "chip")
        self.add_button.setAccessibleName("Add a column")
        self.menu = ColumnMenu(self)
        self.new_button = Button("New", "edit", "chip")
        self.new_button.setAccessibleName("New conversation")
        self.new_button.setToolTip("Begin a new conversation; this one is kept")
        self.side_button = Button("Panel", "info", "chip")
        self.side_button.setCheckable(True)
        self.side_button.setChecked(True)
        self.side_button.setToolTip("Questions, past conversations, system prompt")
        self.side_button.toggled.connect(self._on_side_toggled)
        self._card = ColumnsCard()
        self.conversation.bar_changed.connect(self._on_bar_changed)
        self._small = self._tight = False
        whole = QWidget()
        columns = QHBoxLayout(whole)
        fill(columns, gap=tokens.GAP_COLUMN)
        columns.addLayout(self._left(), 1)
        columns.addWidget(self.side)
        self.addWidget(whole)
        self.addWidget(self.nothing_yet)

    @property
    def alone(self) -> bool:
        """Whether each question is asked without those before it."""
        return self.turns.current() == ALONE

    def set_small(self, small: bool) -> None:
        """Close the right column to a button where there is no room for it, or show it."""
        self._small = small
        self._fit()

    def set_columns(self, columns: int) -> None:
        """Make room for so many columns, the base among them."""
        self._card.columns = columns
        self._card.update()
        self.composer.set_columns(columns)
        self.add_button.setEnabled(columns < len(self.heads.all) + 1)
        if (columns >= TIGHT) != self._tight:
            self._tight = columns >= TIGHT
            self._fit()

    def show_conversation(self, shown: bool) -> None:
        """Show the conversation, or that there is nothing to talk to."""
        self.setCurrentIndex(0 if shown else 1)

    def show_side(self, page: int) -> None:
        """Open the right column at one of its pages."""
        self.side_button.setChecked(True)
        self.side.show_page(page)

    def _fit(self) -> None:
        self.side_button.setChecked(not self._small and not self._tight)
        self._on_side_toggled(self.side_button.isChecked())

    def _on_side_toggled(self, shown: bool) -> None:
        self.side.setVisible(shown)
        crowded = shown and self._small
        self.heads.set_narrow(crowded)
        for button in (self.plain, self.add_button):  # their acts stay in the menu
            button.setVisible(not crowded)

    def _on_bar_changed(self, taken: int) -> None:
        self.heads.set_bar(taken)
        self._card.bar = taken
        self._card.update()

    def _left(self) -> QVBoxLayout:
        tools = QHBoxLayout()
        fill(tools, self.turns, None, gap=8)
        for button in (
            self.differences,
            self.plain,
            self.add_button,
            self.new_button,
            self.side_button,
        ):
            tools.addWidget(button)
        card = self._card
        fill(card.body, self.heads, line())
        card.body.addWidget(self.conversation, 1)
        fill(card.body, self.notices, line(), self.composer, edge=(0, 3, 0, 0))
        left = QVBoxLayout()
        fill(left, tools, gap=10)
        left.addWidget(card, 1)
        return left

"""The parts of the Chat page and where they stand; what they do is the page's matter."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.chat.columnhead import ColumnsCard
from studio.ui.chat.columnheads import ColumnHeads
from studio.ui.chat.composer import Composer
from studio.ui.chat.conversation import Conversation
from studio.ui.chat.heldoutcard import HeldOutCard
from studio.ui.chat.loadedcard import LoadedCard
from studio.ui.chat.nothingyet import NothingYet
from studio.ui.chat.notices import Notices
from studio.ui.look import tokens
from studio.ui.widgets.parts import Button, Elided, fill, line, scroller

WIDTH_SIDE = 340


class ChatParts(QStackedWidget):
    """Conversation on the left; held-out questions and what is loaded on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.heads, self.conversation = ColumnHeads(), Conversation()
        self.composer, self.notices = Composer(), Notices()
        self.held_out, self.loaded = HeldOutCard(), LoadedCard()
        self.nothing_yet = NothingYet()
        self.differences = Button("Differences", "compare", "chip")
        self.differences.setCheckable(True)
        self.differences.setToolTip("Set the words apart that only one of two answers has")
        self.new_button = Button("New conversation", "add", "chip")
        self.side_button = Button("Questions", "info", "chip")
        self.side_button.setCheckable(True)
        self._side = self._right()
        self.side_button.toggled.connect(self._on_side_toggled)
        whole = QWidget()
        columns = QHBoxLayout(whole)
        fill(columns, gap=tokens.GAP_COLUMN)
        columns.addLayout(self._left(), 1)
        columns.addWidget(self._side)
        self.addWidget(whole)
        self.addWidget(self.nothing_yet)

    def set_small(self, small: bool) -> None:
        """Close the right column to a button, or show it."""
        self.side_button.setVisible(small)
        self.side_button.setChecked(False)
        self._side.setVisible(not small)
        self.heads.set_narrow(False)

    def show_conversation(self, shown: bool) -> None:
        """Show the conversation, or that there is nothing to talk to."""
        self.setCurrentIndex(0 if shown else 1)

    def _on_side_toggled(self, shown: bool) -> None:
        self._side.setVisible(shown)
        self.heads.set_narrow(shown)

    def _left(self) -> QVBoxLayout:
        alone = Elided("Each question is asked on its own; earlier ones are not sent along")
        tools = QHBoxLayout()
        fill(tools, gap=8)
        tools.addWidget(alone, 1)
        for button in (self.differences, self.new_button, self.side_button):
            tools.addWidget(button)
        card = ColumnsCard()
        fill(card.body, self.heads, line())
        card.body.addWidget(self.conversation, 1)
        fill(card.body, self.notices, line(), self.composer, edge=(0, 3, 0, 0))
        left = QVBoxLayout()
        fill(left, tools, gap=10)
        left.addWidget(card, 1)
        return left

    def _right(self) -> QWidget:
        body = QWidget()
        fill(QVBoxLayout(body), self.held_out, self.loaded, None, gap=tokens.GAP_CARD)
        side = scroller(body)
        side.setFixedWidth(WIDTH_SIDE)
        return side

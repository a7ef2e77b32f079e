"""The right column of the Chat page: questions and what is loaded, past conversations, set-up."""

from __future__ import annotations

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.ui.chat.heldoutcard import HeldOutCard
from studio.ui.chat.loadedcard import LoadedCard
from studio.ui.chat.pastcard import PastCard
from studio.ui.chat.systemcard import SystemCard
from studio.ui.look import tokens
from studio.ui.widgets.parts import fill, scroller
from studio.ui.widgets.segmented import Segmented

WIDTH = 340
QUESTIONS, PAST, SYSTEM = 0, 1, 2


class SidePanel(QWidget):
    """One of three pages, chosen above."""

    def __init__(self) -> None:
        super().__init__()
        self.held_out, self.loaded = HeldOutCard(), LoadedCard()
        self.past, self.system = PastCard(), SystemCard()
        self.switch = Segmented("Right column", "Questions", "Past", "System prompt", height=28)
        self._stack = QStackedWidget()
        for cards in ((self.held_out, self.loaded), (self.past,), (self.system,)):
            body = QWidget()
            fill(QVBoxLayout(body), *cards, None, gap=tokens.GAP_CARD)
            self._stack.addWidget(scroller(body))
        self.switch.chosen.connect(self._stack.setCurrentIndex)
        fill(QVBoxLayout(self), self.switch, self._stack, gap=10)
        self.setFixedWidth(WIDTH)

    def show_page(self, page: int) -> None:
        """Show QUESTIONS, PAST or SYSTEM."""
        self.switch.set_current(page)
        self._stack.setCurrentIndex(page)

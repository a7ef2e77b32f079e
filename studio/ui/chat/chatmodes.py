"""The four parts of the Chat page, and the switch between them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.app.chatdesk import ChatDesk
from studio.app.studio import Studio
from studio.ui.evaluate.evaluatepane import EvaluatePane
from studio.ui.ready.readinesspane import ReadinessPane
from studio.ui.vote.votepane import VotePane
from studio.ui.widgets.frame import Page
from studio.ui.widgets.parts import fill
from studio.ui.widgets.segmented import Segmented

CHAT, EVALUATE, VOTE, READY = range(4)


class ChatModes(QWidget):
    """Shows conversation, evaluations, votes or readiness; the switch stands in the page's header."""

    def __init__(self, page: Page, parts: QWidget, studio: Studio, desk: ChatDesk) -> None:
        super().__init__()
        self.switch = Segmented("What is done", "Chat", "Evaluate", "Vote", "Readiness")
        self.evaluate = EvaluatePane(studio, desk)
        self.vote = VotePane(studio, desk)
        self._stack = QStackedWidget()
        self._stack.addWidget(parts)
        self._stack.addWidget(self.evaluate)
        self._stack.addWidget(self.vote)
        self.ready = ReadinessPane(studio, desk)
        self._stack.addWidget(self.ready)
        fill(QVBoxLayout(self), self._stack)
        page.put_in_header(self.switch)
        self.switch.chosen.connect(self.show_mode)
        studio.point_requested.connect(lambda _run, _step: self.show_mode(CHAT))
        studio.evaluation_requested.connect(self._begin)
        for words, act, keys in (
            ("Show the evaluations", lambda: self.show_mode(EVALUATE), "Ctrl+Shift+M"),
            ("Show the votes", lambda: self.show_mode(VOTE), "Ctrl+Shift+B"),
            ("Take the last vote back", self.vote.undo, ""),
            ("Show how ready the adapters are", lambda: self.show_mode(READY), "Ctrl+Shift+Y"),
            ("Show the conversation", lambda: self.show_mode(CHAT), ""),
            ("New evaluation", self._begin, ""),
            ("Pause the evaluation", studio.evaluations.pause, ""),
        ):
            made = QAction(words, page)
            made.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.setShortcut(keys)
            made.triggered.connect(act)
            page.addAction(made)

    def show_mode(self, mode: int) -> None:
        """Show one part: CHAT, EVALUATE, VOTE or READY."""
        self.switch.set_current(mode)
        self._stack.setCurrentIndex(mode)
        self.shown()

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self.evaluate.set_small(small)
        self.vote.set_small(small)
        self.ready.set_small(small)

    def shown(self) -> None:
        """Take up what the part in front needs."""
        if self._stack.currentIndex() == EVALUATE:
            self.evaluate.shown()
        elif self._stack.currentIndex() == VOTE:
            self.vote.shown()
        elif self._stack.currentIndex() == READY:
            self.ready.shown()

    def _begin(self) -> None:
        self.show_mode(EVALUATE)
        self.evaluate.begin()

"""The four parts of the Chat page, and the switch between them."""

from __future__ import annotations

from functools import cached_property
from typing import TypeVar

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
Pane = TypeVar("Pane", EvaluatePane, VotePane, ReadinessPane)


class ChatModes(QWidget):
    """Shows conversation, evaluations, votes or readiness; the switch stands in the page's header.

    All but the conversation are built when they are first shown.
    """

    def __init__(self, page: Page, parts: QWidget, studio: Studio, desk: ChatDesk) -> None:
        super().__init__()
        self._studio, self._desk, self._parts, self._small = studio, desk, parts, False
        self._panes: dict[int, EvaluatePane | VotePane | ReadinessPane] = {}
        self.switch = Segmented("What is done", "Chat", "Evaluate", "Vote", "Readiness")
        self._stack = QStackedWidget()
        self._stack.addWidget(parts)
        fill(QVBoxLayout(self), self._stack)
        page.put_in_header(self.switch)
        self.switch.chosen.connect(self.show_mode)
        studio.point_requested.connect(lambda _run, _step: self.show_mode(CHAT))
        studio.evaluation_requested.connect(self._begin)
        for words, act, keys in (
            ("Show the evaluations", lambda: self.show_mode(EVALUATE), "Ctrl+Shift+M"),
            ("Show the votes", lambda: self.show_mode(VOTE), "Ctrl+Shift+B"),
            ("Take the last vote back", lambda: self.vote.undo(), ""),
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

    @cached_property
    def evaluate(self) -> EvaluatePane:
        """What adapters gained on held-out rows."""
        return self._built(EVALUATE, EvaluatePane(self._studio, self._desk))

    @cached_property
    def vote(self) -> VotePane:
        """Which of two answers is better, without knowing whose it is."""
        return self._built(VOTE, VotePane(self._studio, self._desk))

    @cached_property
    def ready(self) -> ReadinessPane:
        """Whether an adapter is ready to be put to use."""
        return self._built(READY, ReadinessPane(self._studio, self._desk))

    def _built(self, mode: int, pane: Pane) -> Pane:
        pane.set_small(self._small)
        self._panes[mode] = pane
        self._stack.addWidget(pane)
        return pane

    def show_mode(self, mode: int) -> None:
        """Show one part: CHAT, EVALUATE, VOTE or READY."""
        self.switch.set_current(mode)
        names = {EVALUATE: "evaluate", VOTE: "vote", READY: "ready"}
        self._stack.setCurrentWidget(getattr(self, names[mode]) if mode in names else self._parts)
        self.shown()

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self._small = small
        for pane in self._panes.values():
            pane.set_small(small)

    def shown(self) -> None:
        """Take up what the part in front needs."""
        for pane in self._panes.values():
            if pane is self._stack.currentWidget():
                pane.shown()

    def _begin(self) -> None:
        self.show_mode(EVALUATE)
        self.evaluate.begin()

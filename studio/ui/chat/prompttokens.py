"""Shows what a column reads of a question, in a window of its own."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from studio.app.chatclient import ANSWERING, LOADING
from studio.app.chatdesk import ChatDesk
from studio.app.studio import Studio
from studio.core.protocol import PromptShown, RequestFailed
from studio.ui.chat.chatparts import ChatParts
from studio.ui.chat.promptdialog import PromptDialog


class PromptTokens(QObject):
    """Asks the chat engine for the tokens of a turn and shows them.

    Attributes:
        dialog: the window, None while there is none.
    """

    def __init__(self, studio: Studio, desk: ChatDesk, parts: ChatParts, page: QWidget) -> None:
        super().__init__(page)
        self._studio, self._desk, self._parts, self._page = studio, desk, parts, page
        self._place = 0
        self.dialog: PromptDialog | None = None
        parts.conversation.tokens_requested.connect(self.show)
        studio.chat.prompt_shown.connect(self._on_shown)
        studio.chat.failed.connect(self._on_failed)

    def show(self, place: int) -> None:
        """Show what the first column reads of a turn, after loading if that is needed."""
        if self._studio.chat.state in (LOADING, ANSWERING):
            self._studio.said.emit("The model is busy; its tokens can be shown afterwards", None)
            return
        if self._desk.needs_consent:
            self._parts.notices.ask_consent()
            return
        if self.dialog is not None:
            self.dialog.close()
        self._place = place
        columns = self._studio.talks.turns[place].columns
        self.dialog = PromptDialog(self._page, columns)
        self.dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.dialog.finished.connect(self._on_closed)
        self.dialog.column_chosen.connect(self._ask)
        self.dialog.show()
        self._ask(columns[0].key)

    def _ask(self, key: str) -> None:
        turns = self._studio.talks.turns
        if self._place < len(turns) and self._studio.chat.state not in (LOADING, ANSWERING):
            self._desk.show_prompt(turns[self._place], turns[: self._place], key)

    def _on_shown(self, shown: PromptShown) -> None:
        facts = self._studio.chat.facts
        if self.dialog is not None:
            self.dialog.show_prompt(shown, facts.context if facts is not None else 0)

    def _on_failed(self, failed: RequestFailed) -> None:
        if self.dialog is not None:
            self.dialog.say(failed.summary)

    def _on_closed(self) -> None:
        self.dialog = None

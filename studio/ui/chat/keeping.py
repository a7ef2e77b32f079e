"""The past conversations beside the one that is open: opens, renames, deletes, exports them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.chatdesk import ChatDesk
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.workspace import file_name
from studio.ui.chat.asking import Asking
from studio.ui.chat.chatparts import ChatParts

MARKDOWN, JSON = "Markdown (*.md)", "JSON (*.json)"


class Keeping(QObject):
    """Joins the list of conversations with what is open."""

    def __init__(
        self, studio: Studio, desk: ChatDesk, parts: ChatParts, asking: Asking, page: QWidget
    ) -> None:
        super().__init__(page)
        self._studio, self._talks, self._desk = studio, studio.talks, desk
        self._parts, self._asking, self._page = parts, asking, page
        past = parts.side.past
        past.opened.connect(self.open)
        past.renamed.connect(lambda title: self._talks.rename(self._talks.conversation, title))
        past.delete_requested.connect(self.delete)
        past.export_requested.connect(self.export)
        self._talks.listed.connect(self.show)
        self._talks.failed.connect(self._on_failed)

    def show(self) -> None:
        """Show the list, if the page is to be seen."""
        if self._page.isVisible():
            past = self._parts.side.past
            past.show_conversations(self._talks.all(), self._talks.conversation)

    def open(self, conversation: int) -> None:
        """Open a conversation, with the columns that answered in it where they are still there."""
        if conversation == self._talks.conversation:
            return
        self._asking.leave()
        self._talks.open(conversation)
        if not self._talks.turns:
            return
        last = self._talks.turns[-1]
        self._parts.composer.panel.set_sampler(last.sampler)
        missing = self._desk.columns.choose_keys([column.key for column in last.columns[1:]])
        if missing:
            titles = ", ".join(c.title for c in last.columns if c.key in missing)
            self._studio.said.emit(f"Not there any more: {titles}", None)
        self._parts.side.system.set_system(last.system)

    def delete(self) -> None:
        """Take the conversation that is open off the list."""
        title = self._talks.title
        if not self._talks.conversation:
            return
        self._asking.leave()
        put_back = self._talks.delete(self._talks.conversation)
        self._studio.said.emit(f"“{title}” deleted", put_back)

    def export(self) -> None:
        """Ask for a file and write the conversation that is open into it."""
        if not self._talks.turns:
            self._studio.said.emit("There is no conversation to export yet", None)
            return
        proposed = f"{file_name(self._talks.title, 'conversation')}.md"
        chosen, kind = QFileDialog.getSaveFileName(
            self._page, "Export the conversation", proposed, f"{MARKDOWN};;{JSON}"
        )
        if not chosen:
            return
        path = Path(chosen)
        if not path.suffix or (kind == JSON and path.suffix == ".md"):
            path = path.with_suffix(".json" if kind == JSON else ".md")
        try:
            self._talks.export(path)
        except StudioError as problem:
            self._parts.notices.show_problem(problem, ("Choose another place", self.export))
        else:
            self._studio.said.emit(f"{path.name} saved", None)

    def _on_failed(self, problem: StudioError) -> None:
        self._parts.notices.show_problem(problem, ("Export…", self.export))

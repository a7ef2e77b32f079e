"""A change of many rows that is under way: how far it is, a way to stop it, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from studio.app.bulkjob import BulkProgress
from studio.app.datasetdocument import DatasetDocument
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.data.schema import Stopped
from studio.data.store import Change
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button

Words = Callable[[Change], str]
"""What the toast says of a change that was made."""


class BulkStrip(Note):
    """Shown above the rows while a change goes on; the Data page owns it.

    Attributes:
        cancel_button: stops the change; nothing of it is left.
    """

    def __init__(self, studio: Studio) -> None:
        self.cancel_button = Button("Cancel", compact=True)
        super().__init__("", "", self.cancel_button, "plain")
        self._studio = studio
        self._document: DatasetDocument | None = None
        self._done_words: Words | None = None
        self.cancel_button.clicked.connect(self._cancel)
        self.setVisible(False)

    def set_document(self, document: DatasetDocument | None) -> None:
        """Follow another dataset."""
        if self._document is not None:
            self._document.bulk_progressed.disconnect(self._on_progressed)
            self._document.bulk_ended.disconnect(self._on_ended)
        self._document, self._done_words = document, None
        self.setVisible(False)
        if document is not None:
            document.bulk_progressed.connect(self._on_progressed)
            document.bulk_ended.connect(self._on_ended)

    def expect(self, words: Words) -> None:
        """Say what the change under way is, with a way back, when it has been made."""
        self._done_words = words

    def _cancel(self) -> None:
        if self._document is not None:
            self._document.cancel_bulk()

    def _on_progressed(self, progress: BulkProgress) -> None:
        part = f"{progress.done:,} of {progress.total:,}" if progress.total else ""
        self.say(f"{progress.title}.", part)
        self.setVisible(True)

    def _on_ended(self, result: Change | StudioError | None) -> None:
        self.setVisible(False)
        words, self._done_words = self._done_words, None
        document = self._document
        if isinstance(result, Stopped):
            self._studio.said.emit(result.summary.removesuffix("."), None)
        elif isinstance(result, StudioError):
            self._studio.problem_met.emit(result)
        elif words is not None and document is not None:
            said = words(result) if result else "Nothing to change"
            self._studio.said.emit(said, document.undo if result else None)

"""Watches whether the open dataset's training rows hold general questions, before a start."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.jobs import Jobs
from studio.core.workspace import Workspace
from studio.data.leaklook import LeaksFound, look_before

SETTLE_MS = 400
"""Changes that come within this time are looked at once."""


class LeakWatch(QObject):
    """Looks on a thread, and only while somebody wants to know.

    Attributes:
        found: what was found last; None before, or where nothing is asked.

    Signals:
        changed(): found is another one now.
    """

    changed = Signal()

    def __init__(
        self,
        workspace: Workspace,
        datasets: DatasetLibrary,
        draft: RecipeDraft,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.found: LeaksFound | None = None
        self._workspace, self._datasets, self._draft = workspace, datasets, draft
        self._wanted = False
        self._watched: DatasetDocument | None = None
        self._known: object = None
        self._jobs = Jobs(self)
        self._jobs.failed.connect(lambda _problem: self._take(None))  # other findings say why
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self._look)
        draft.changed.connect(self._on_changed)
        datasets.opened.connect(self._on_opened)
        self._on_opened(datasets.current)

    def close(self) -> None:
        """Wait for the thread."""
        self._timer.stop()
        self._jobs.close()

    def want(self, wanted: bool) -> None:
        """Look now and at each change, or let changes pass."""
        self._wanted = wanted
        if wanted:
            self._timer.start()
        else:
            self._timer.stop()

    def _on_opened(self, document: DatasetDocument | None) -> None:
        if document is not None and document is not self._watched:
            document.changed.connect(self._on_edited)
        self._watched = document
        self._on_edited()

    def _on_edited(self, _what: object = None) -> None:
        self._known = None
        self._on_changed()

    def _on_changed(self, _what: object = None) -> None:
        if self._wanted:
            self._timer.start()

    def _look(self) -> None:
        document, recipe = self._datasets.current, self._draft.recipe
        if document is None or not recipe.guard.enabled or recipe.mix:
            self._known = None
            self._take(None)
            return
        wanted = (document.path, recipe.guard.probes, recipe.seed)
        if wanted != self._known and not self._jobs.busy:
            self._known = wanted
            work = partial(look_before, self._workspace, recipe, document.path)
            self._jobs.do(work, self._take)
        elif self._jobs.busy:
            self._timer.start()

    def _take(self, found: LeaksFound | None) -> None:
        if found != self.found:
            self.found = found
            self.changed.emit()

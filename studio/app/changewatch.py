"""Looks again at what the recipe or the open dataset gives, once changes of them have settled."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft


class ChangeWatch(QObject):
    """Follows the draft and the dataset that is open; who derives from it says what is looked at.

    Args:
        datasets: whose open dataset is followed.
        draft: whose recipe is followed.
        settle_ms: changes that come within this time are looked at once.
        parent: owns it.

    Signals:
        changed(): what was found is something else now.
    """

    changed = Signal()

    def __init__(
        self,
        datasets: DatasetLibrary,
        draft: RecipeDraft,
        settle_ms: int,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._datasets, self._draft = datasets, draft
        self._document: DatasetDocument | None = None
        self._timer = QTimer(self, singleShot=True, interval=settle_ms)
        self._timer.timeout.connect(self.look)
        draft.changed.connect(self.follow)
        datasets.opened.connect(self._on_opened)

    def begin(self) -> None:
        """Follow the dataset that is open already; called once all is made."""
        self._on_opened(self._datasets.current)

    def close(self) -> None:
        """Look no more."""
        self._timer.stop()

    @property
    def is_wanted(self) -> bool:
        """Whether anything is to be looked at now."""
        raise NotImplementedError

    def look(self) -> None:
        """Look at what is there now; called once it has settled."""
        raise NotImplementedError

    def follow(self, _what: object = None) -> None:
        """Look at a change once it has settled, if anybody wants to know."""
        if self.is_wanted:
            self._timer.start()
        else:
            self._timer.stop()

    def rows_changed(self, _what: object = None) -> None:
        """Take note that the rows of the open dataset are others."""
        self.follow()

    def _on_opened(self, document: DatasetDocument | None) -> None:
        if document is not None and document is not self._document:
            document.changed.connect(self.rows_changed)
        self._document = document
        self.rows_changed()

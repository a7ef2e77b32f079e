"""Searches rows for what would be replaced, on a thread of its own; only the last search counts."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event as Flag

from PySide6.QtCore import QObject, QThread, Signal

from studio.app.datasetdocument import DatasetDocument
from studio.core.problems import DataError, StudioError
from studio.data.packing import Ids
from studio.data.pattern import Wanted
from studio.data.replacing import search
from studio.data.schema import Stopped

logger = logging.getLogger(__name__)


class SearchThread(QThread):
    """One search.

    Signals:
        progressed(int, int): rows done and all rows.
        ended(object Found | StudioError): once, and last.
    """

    progressed = Signal(int, int)
    ended = Signal(object)

    def __init__(
        self,
        document: DatasetDocument,
        ids: Ids,
        fields: Sequence[str],
        wanted: Wanted,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("search")
        self._document, self._ids, self._fields = document, ids, tuple(fields)
        self._wanted = wanted
        self.cancelled = Flag()

    def run(self) -> None:
        outcome: object
        try:
            with self._document.reader() as reader:
                outcome = search(
                    reader,
                    self._ids,
                    self._fields,
                    self._wanted,
                    self.progressed.emit,
                    self.cancelled.is_set,
                )
        except StudioError as problem:
            outcome = problem
        except Exception as err:
            logger.exception("search for %r", self._wanted.find)
            outcome = DataError(f"The search could not be done: {err}.", details=repr(err))
        self.ended.emit(outcome)


class SearchJob(QObject):
    """Runs searches of one document one after the other; close() before dropping it.

    Signals:
        progressed(int, int): rows done and all rows, of the last search asked for.
        ended(object Found | StudioError): the last search asked for is done.
    """

    progressed = Signal(int, int)
    ended = Signal(object)

    def __init__(self, document: DatasetDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._thread: SearchThread | None = None
        self._next: tuple[Ids, tuple[str, ...], Wanted] | None = None

    def ask(self, ids: Ids, fields: Sequence[str], wanted: Wanted) -> None:
        """Search rows (N,); a search under way is given up."""
        self._next = ids, tuple(fields), wanted
        if self._thread is None:
            self._begin()
        else:
            self._thread.cancelled.set()

    def cancel(self) -> None:
        """Give up what is under way; nothing is said of it."""
        self._next = None
        if self._thread is not None:
            self._thread.cancelled.set()

    def close(self) -> None:
        """Give up and wait until the thread is over."""
        self.cancel()
        if self._thread is not None:
            self._thread.wait()
            self._thread = None

    def _begin(self) -> None:
        if self._next is None:
            return
        made = self._thread = SearchThread(self._document, *self._next, self)
        self._next = None
        made.progressed.connect(self._on_progressed)
        made.ended.connect(self._on_ended)
        made.start()

    def _on_progressed(self, done: int, total: int) -> None:
        if self._next is None and self.sender() is self._thread:
            self.progressed.emit(done, total)

    def _on_ended(self, outcome: object) -> None:
        thread, self._thread = self._thread, None
        if thread is None:  # closed meanwhile
            return
        thread.wait()
        thread.deleteLater()
        if self._next is not None:
            self._begin()
        elif not isinstance(outcome, Stopped):
            self.ended.emit(outcome)

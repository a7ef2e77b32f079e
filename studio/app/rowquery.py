"""Asks which rows are shown: on a thread of its own, the newest question before all others."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from studio.app.datasetdocument import DatasetDocument
from studio.app.findthreads import FindTask, FindThread, IndexThread, RowQuestion
from studio.core.problems import StudioError
from studio.data.conditions import EVERYTHING
from studio.data.finding import AS_THEY_STAND
from studio.data.packing import Ids

__all__ = ["RowAnswer", "RowQuery", "RowQuestion"]


@dataclass(frozen=True, slots=True, eq=False)
class RowAnswer:
    """The rows that were asked for.

    Attributes:
        ids: (N,), sorted as asked.
        whole: these are all of them; more come if not.
        by_parts: words were looked for anywhere in words, since the index is not there yet.
    """

    ids: Ids
    whole: bool = True
    by_parts: bool = False


class RowQuery(QObject):
    """Answers questions about the rows of the open dataset; the Data page owns it.

    Whoever makes it calls :meth:`close` before dropping it.

    Signals:
        answered(object RowAnswer): the first rows, then all of the newest question.
        failed(object StudioError): the newest question has no answer.
        indexing(int, int): rows in the word index and all rows, while it is being built.
        index_failed(object StudioError): it cannot be built; words are found by their parts.
        tags_counted(object dict): the number of rows with each tag, asked by count_tags.
    """

    answered = Signal(object)
    failed = Signal(object)
    indexing = Signal(int, int)
    index_failed = Signal(object)
    tags_counted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: DatasetDocument | None = None
        self._checks: Path | None = None
        self._asked = RowQuestion()
        self._limit, self._number = 0, 0
        self._asker: FindThread | None = None
        self._indexer: IndexThread | None = None
        self._no_index: set[Path] = set()
        self.waiting = False

    def set_document(self, document: DatasetDocument | None, checks: Path | None = None) -> None:
        """Ask about another dataset from now on; checks is where its sidecar is or will be."""
        self._stop_indexing()
        if self._asker is not None:
            self._asker.forget()
        self._document, self._checks = document, checks
        self._asked, self.waiting = RowQuestion(), False
        self._number += 1

    def ask(self, question: RowQuestion, limit: int = 0) -> None:
        """Ask for rows; what was asked before is dropped.

        A question that needs no search is answered before this returns.

        Args:
            question: which rows.
            limit: the longest sequence in tokens, for problems that depend on it.
        """
        self._asked, self._limit = question, limit
        self._number += 1
        document = self._document
        if document is None:
            return
        if question.condition == EVERYTHING and question.sort == AS_THEY_STAND:
            if self._asker is not None:
                self._asker.forget()
            self.waiting = False
            self.answered.emit(RowAnswer(_among(document.ids, question.only)))
            return
        self.waiting = True
        task = FindTask(
            self._number, question, document.path, document.kind, self._checks, document.ids, limit
        )
        self._thread().ask(task, index=document.path not in self._no_index)

    def ask_again(self) -> None:
        """Ask the same question of the rows as they are now."""
        self.ask(self._asked, self._limit)

    def count_tags(self) -> None:
        """Count the tags of the dataset; of a million rows with tags that takes a while."""
        if self._document is not None:
            self._thread().count_tags(self._document.reader)

    def close(self) -> None:
        """End the threads; an index that is being built goes on when it is asked for again."""
        self._stop_indexing()
        if self._asker is not None:
            self._asker.close()
            self._asker = None

    def _thread(self) -> FindThread:
        if self._asker is None:
            self._asker = FindThread(self)
            self._asker.found.connect(self._on_found)
            self._asker.failed.connect(self._on_failed)
            self._asker.index_failed.connect(self._on_index_failed)
            self._asker.counted.connect(self._on_counted)
            self._asker.start()
        return self._asker

    @Slot(int, object, bool, bool)
    def _on_found(self, number: int, ids: Ids, whole: bool, by_parts: bool) -> None:
        if number != self._number:
            return
        self.waiting = not whole
        self.answered.emit(RowAnswer(_among(ids, self._asked.only), whole, by_parts))
        if whole and by_parts:
            self._start_indexing()

    @Slot(object, object)
    def _on_counted(self, path: Path, tags: dict[str, int]) -> None:
        if self._document is not None and self._document.path == path:
            self.tags_counted.emit(tags)

    @Slot(int, object)
    def _on_failed(self, number: int, problem: StudioError) -> None:
        if number == self._number:
            self.waiting = False
            self.failed.emit(problem)

    # the word index of large datasets

    def _start_indexing(self) -> None:
        document = self._document
        if document is None or self._indexer is not None or document.path in self._no_index:
            return
        self._indexer = IndexThread(document.path, self)
        self._indexer.progressed.connect(self.indexing)
        self._indexer.failed.connect(self._on_index_failed)
        self._indexer.ended.connect(self._on_indexed)
        self._indexer.start()

    def _stop_indexing(self) -> None:
        if self._indexer is not None:
            self._indexer.close()
            self._indexer.deleteLater()
            self._indexer = None

    @Slot(object, object)
    def _on_index_failed(self, path: Path, problem: StudioError) -> None:
        if path not in self._no_index:
            self._no_index.add(path)
            self.index_failed.emit(problem)

    @Slot()
    def _on_indexed(self) -> None:
        if self.sender() is self._indexer:
            self._stop_indexing()
            self.ask_again()


def _among(ids: Ids, only: Ids | None) -> Ids:
    return ids if only is None else np.extract(np.isin(ids, only), ids)

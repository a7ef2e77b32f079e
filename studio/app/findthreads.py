"""The threads behind the search of rows: one that asks, and one that builds the word index."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from studio.core.example import Kind
from studio.core.problems import StudioError
from studio.data import wordindex
from studio.data.conditions import EVERYTHING, Condition, words_in
from studio.data.finding import AS_THEY_STAND, Finder, FindInterrupted, Sort
from studio.data.packing import Ids
from studio.data.rowreader import RowReader
from studio.data.schema import WordsDamaged

AT_ONCE = 20_000
"""Rows up to which the word index is built before the first answer, in less than half a second."""
PAUSE_SECONDS = 0.03
"""Given to others who want to write after each piece of the index; about as long as one takes."""


@dataclass(frozen=True, slots=True, eq=False)
class RowQuestion:
    """Which rows are wanted, and in which order.

    Attributes:
        condition: that they meet.
        sort: by what they are sorted.
        only: ids (M,) that they are among; None for all.
    """

    condition: Condition = EVERYTHING
    sort: Sort = AS_THEY_STAND
    only: Ids | None = None

    @property
    def is_plain(self) -> bool:
        """Whether it asks for all rows as they stand."""
        return self.condition == EVERYTHING and self.only is None and self.sort == AS_THEY_STAND


@dataclass(frozen=True, slots=True, eq=False)
class FindTask:
    """A question as the thread gets it, with all it needs to know of the dataset.

    Attributes:
        number: comes back with the answer.
        question: which rows are wanted.
        path, kind: of the dataset.
        checks: where its sidecar is or will be.
        order: all its ids as they stand, (N,).
        limit: the longest sequence in tokens.
    """

    number: int
    question: RowQuestion
    path: Path
    kind: Kind
    checks: Path | None
    order: Ids
    limit: int


class FindThread(QThread):
    """Searches, one task at a time; a newer one stops the one before it.

    Signals:
        found(int, object, bool, bool): number of the task, ids, whether they are all, and whether
            words were looked for anywhere.
        failed(int, object): number of the task and why it has no answer.
        index_failed(object, object): path and why its index cannot be built.
        counted(object, object): path, and the number of rows with each tag.
    """

    counted = Signal(object, object)
    found = Signal(int, object, bool, bool)
    failed = Signal(int, object)
    index_failed = Signal(object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._change = threading.Condition()
        self._next: FindTask | None = None
        self._may_index = True
        self._finder: Finder | None = None
        self._stopped = self._ending = False
        self._reader: Callable[[], RowReader] | None = None

    def ask(self, task: FindTask, *, index: bool) -> None:
        """Take up a task in place of all others; build the index of a small dataset if allowed."""
        with self._change:
            self._next, self._may_index = task, index
            self._interrupt()

    def count_tags(self, reader: Callable[[], RowReader]) -> None:
        """Count the tags of a dataset; reader opens it for this thread."""
        with self._change:
            self._reader = reader
            self._change.notify()

    def forget(self) -> None:
        """Drop what is being done and close the file."""
        with self._change:
            self._next = None
            self._interrupt()

    def close(self) -> None:
        """End the thread."""
        with self._change:
            self._ending = True
            self._interrupt()
        self.wait()

    def _interrupt(self) -> None:
        self._stopped = True
        if self._finder is not None:
            self._finder.interrupt()
        self._change.notify()

    def run(self) -> None:
        """Work on the newest task until the end; Qt calls this in the thread."""
        while True:
            with self._change:
                self._change.wait_for(lambda: self._stopped or self._ending or self._reader)
                if self._ending:
                    return
                task, self._next, self._stopped = self._next, None, False
                reader, self._reader = self._reader, None
            if task is not None:
                self._do(task)
            if reader is not None:
                self._count(reader)

    def _do(self, task: FindTask, again: bool = True) -> None:
        try:
            self._prepare_index(task)
            finder = Finder(task.path, task.kind, task.checks)
            try:
                with self._change:
                    self._finder = finder
                    if self._stopped:
                        return
                self._answer(task, finder)
            finally:
                with self._change:
                    self._finder = None
                finder.close()
        except FindInterrupted:
            return
        except WordsDamaged as problem:  # it is dropped: words are found without it, or it is new
            if again:
                self._do(task, again=False)
            else:
                self.failed.emit(task.number, problem)
        except StudioError as problem:
            self.failed.emit(task.number, problem)

    def _count(self, reader: Callable[[], RowReader]) -> None:
        try:
            with reader() as dataset:
                self.counted.emit(dataset.path, dataset.tag_counts())
        except StudioError as problem:
            self.failed.emit(0, problem)

    def _answer(self, task: FindTask, finder: Finder) -> None:
        asked = task.question
        by_parts = words_in(asked.condition) and not finder.indexed
        ids = task.order[:0]
        for ids in finder.find(asked.condition, asked.sort, task.order, task.limit):
            if self._stopped:
                return
            self.found.emit(task.number, ids, False, by_parts)
        self.found.emit(task.number, ids, True, by_parts)

    def _prepare_index(self, task: FindTask) -> None:
        """Build the index of a small dataset at once, so that its first answer is the last one."""
        if not words_in(task.question.condition) or len(task.order) > AT_ONCE:
            return
        if self._may_index:
            try:
                wordindex.build(task.path, cancelled=lambda: self._stopped)
            except StudioError as problem:
                self.index_failed.emit(task.path, problem)


class IndexThread(QThread):
    """Builds the word index of a large dataset beside all that goes on.

    Signals:
        progressed(int, int): rows in the index and all rows.
        failed(object, object): path and why it cannot be built.
        ended(): every row is in it.
    """

    progressed = Signal(int, int)
    failed = Signal(object, object)
    ended = Signal()

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._path = path
        self._stop = threading.Event()

    def run(self) -> None:
        """Build; Qt calls this in the thread."""
        try:
            done = wordindex.build(
                self._path, self.progressed.emit, lambda: self._stop.wait(PAUSE_SECONDS)
            )
        except StudioError as problem:
            self.failed.emit(self._path, problem)
        else:
            if done:
                self.ended.emit()

    def close(self) -> None:
        """Stop after the piece that is being indexed, and wait for that."""
        self._stop.set()
        self.wait()

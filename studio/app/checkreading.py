"""Reads what checks found, and works out what follows, on a thread of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from studio.data.checks.found import Found, outcome, read
from studio.data.packing import Ids

FEW = 100_000
"""Rows up to which the window does not wait long enough to feel it: 5 ms."""


class _Work(QObject):
    """Lives on the thread."""

    came = Signal(int, object)
    followed = Signal(int, object)

    @Slot(int, object, object, int, object)
    def follow(
        self, number: int, found: Found, ids: Ids, limit: int, ignored: frozenset[str]
    ) -> None:
        """Work out what follows for the rows that there are."""
        self.followed.emit(number, outcome(found, ids, limit, ignored))

    @Slot(int, object)
    def read(self, number: int, path: Path) -> None:
        """Read a sidecar; what cannot be read is as good as nothing found."""
        self.came.emit(number, read(path))


class CheckReading(QObject):
    """Answers the latest question of each sort alone; :meth:`close` ends the thread.

    Signals:
        came(object Found): what a sidecar says.
        followed(object Outcome): what follows from it.
    """

    came = Signal(object)
    followed = Signal(object)
    _asked = Signal(int, object)
    _judged = Signal(int, object, object, int, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._number = self._judgement = 0
        self._work = _Work()
        self._thread = QThread(self)
        self._thread.setObjectName("reading checks")
        self._work.moveToThread(self._thread)
        self._asked.connect(self._work.read)
        self._judged.connect(self._work.follow)
        self._work.came.connect(self._on_came)
        self._work.followed.connect(self._on_followed)

    def ask(self, path: Path) -> None:
        """Read a sidecar; what was asked before and is not there yet will not come."""
        self._number += 1
        self._thread.start()  # of no effect while it runs
        self._asked.emit(self._number, path)

    def judge(self, found: Found, ids: Ids, limit: int, ignored: frozenset[str]) -> None:
        """Work out what follows: at once for few rows, soon for many."""
        self._judgement += 1
        if len(ids) <= FEW:
            self.followed.emit(outcome(found, ids, limit, ignored))
            return
        self._thread.start()
        self._judged.emit(self._judgement, found, ids, limit, ignored)

    def forget(self) -> None:
        """Want no answer to what was asked."""
        self._number += 1
        self._judgement += 1

    def close(self) -> None:
        """End the thread."""
        self.forget()
        self._thread.quit()
        self._thread.wait()

    @Slot(int, object)
    def _on_followed(self, number: int, followed: object) -> None:
        if number == self._judgement:
            self.followed.emit(followed)

    @Slot(int, object)
    def _on_came(self, number: int, found: object) -> None:
        if number == self._number:
            self.came.emit(found)

"""Work that may wait until what matters was painted, done one part at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class AfterPaint(QObject):
    """Does parts in their order, with a turn of the event loop between two; its parent owns it.

    What is asked for again in the meantime begins anew, so that of many changes in a row the last
    one is shown whole.
    """

    def __init__(self, parent: QObject, *parts: Callable[[], None]) -> None:
        super().__init__(parent)
        self._parts, self._next = parts, len(parts)
        self._timer = QTimer(self, interval=0)  # fires when nothing is left to lay out or paint
        self._timer.timeout.connect(self._do_one)

    def want(self) -> None:
        """Do all parts, soon."""
        self._next = 0
        self._timer.start()

    def finish(self) -> None:
        """Do now what still waits."""
        while self._next < len(self._parts):
            self._do_one()

    def drop(self) -> None:
        """Do nothing of what still waits."""
        self._next = len(self._parts)
        self._timer.stop()

    def _do_one(self) -> None:
        part, self._next = self._parts[self._next], self._next + 1
        if self._next == len(self._parts):
            self._timer.stop()
        part()

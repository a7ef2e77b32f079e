"""Work that may wait until what matters was painted, done one part at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer


class AfterPaint(QObject):
    """Does parts in turn, with a turn of the event loop between two; its parent owns it.

    Asked again in the meantime it goes round once more from where it is, so that after many
    changes in a row each part has seen the last one, and none waits for ever.
    """

    def __init__(self, parent: QObject, *parts: Callable[[], None]) -> None:
        super().__init__(parent)
        self._parts, self._next, self._left = parts, 0, 0
        self._timer = QTimer(self, interval=0)  # fires when nothing is left to lay out or paint
        self._timer.timeout.connect(self._do_one)

    def want(self) -> None:
        """Do all parts, soon."""
        if not self._left:
            self._next = 0
        self._left = len(self._parts)
        self._timer.start()

    def finish(self) -> None:
        """Do now what still waits."""
        while self._left:
            self._do_one()

    def _do_one(self) -> None:
        part, self._next = self._parts[self._next], (self._next + 1) % len(self._parts)
        self._left -= 1
        if not self._left:
            self._timer.stop()
        part()

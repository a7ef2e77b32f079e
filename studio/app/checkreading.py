"""Reads what checks found from the sidecar on a thread of its own."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from studio.data.checks.found import read


class _Work(QObject):
    """Lives on the thread."""

    came = Signal(int, object)

    @Slot(int, object)
    def read(self, number: int, path: Path) -> None:
        """Read a sidecar; what cannot be read is as good as nothing found."""
        self.came.emit(number, read(path))


class CheckReading(QObject):
    """Answers the latest question alone; :meth:`close` ends the thread.

    Signals:
        came(object Found): what a sidecar says.
    """

    came = Signal(object)
    _asked = Signal(int, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._number = 0
        self._work = _Work()
        self._thread = QThread(self)
        self._thread.setObjectName("reading checks")
        self._work.moveToThread(self._thread)
        self._asked.connect(self._work.read)
        self._work.came.connect(self._on_came)

    def ask(self, path: Path) -> None:
        """Read a sidecar; what was asked before and is not there yet will not come."""
        self._number += 1
        self._thread.start()  # of no effect while it runs
        self._asked.emit(self._number, path)

    def forget(self) -> None:
        """Want no answer to what was asked."""
        self._number += 1

    def close(self) -> None:
        """End the thread."""
        self.forget()
        self._thread.quit()
        self._thread.wait()

    @Slot(int, object)
    def _on_came(self, number: int, found: object) -> None:
        if number == self._number:
            self.came.emit(found)

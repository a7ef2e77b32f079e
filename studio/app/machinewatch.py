"""Reads the machine once a second on a thread of its own, so that a slow driver stalls nothing."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from studio.machine.devices import MachineReading, read_machine

logger = logging.getLogger(__name__)
INTERVAL_SECONDS = 1.0


class _Reader(QThread):
    """The thread; it only reads and tells.

    Signals:
        read(object): a MachineReading.

    Attributes:
        pids: our processes; replaced as a whole from the GUI thread.
    """

    read = Signal(object)

    def __init__(self, place: Path | None, pids: frozenset[int]) -> None:
        super().__init__()
        self._place, self.pids = place, pids
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.read.emit(read_machine(self.pids, self._place))
            except Exception:
                logger.exception("the machine could not be read")
            self._stopped.wait(INTERVAL_SECONDS)

    def stop(self) -> None:
        self._stopped.set()


class MachineWatch(QObject):
    """What this computer has and how much of it is free; the studio owns it.

    Args:
        place: a folder on the disk whose free room matters, such as the workspace.

    Signals:
        read(object): a new MachineReading, about once a second.

    Attributes:
        reading: the newest reading, or None before the first.
    """

    read = Signal(object)

    def __init__(self, place: Path | None = None) -> None:
        super().__init__()
        self.reading: MachineReading | None = None
        self._place = place
        self._pids: dict[str, int] = {}
        self._reader: _Reader | None = None

    def warm(self) -> None:
        """Start reading; called after the first paint. Once more does nothing."""
        if self._reader is None:
            self._reader = _Reader(self._place, frozenset(self._pids.values()))
            self._reader.read.connect(self._on_read)
            self._reader.start(QThread.Priority.LowPriority)

    def set_ours(self, what: str, pid: int | None) -> None:
        """Count a process, such as "run" or "chat", as ours from the next reading on; None ends."""
        self._pids = {name: known for name, known in self._pids.items() if name != what}
        if pid is not None:
            self._pids[what] = pid
        if self._reader is not None:
            self._reader.pids = frozenset(self._pids.values())

    def close(self) -> None:
        """Stop the thread and wait for it; at most one reading's worth of time."""
        if self._reader is not None:
            self._reader.stop()
            self._reader.wait()
            self._reader = None

    def _on_read(self, reading: MachineReading) -> None:
        self.reading = reading
        self.read.emit(reading)

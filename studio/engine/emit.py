"""Adds events to a run's file, one whole line at a time; the file is the truth about the run."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.core.events import EVENTS, Event


class EventLog:
    """Owns ``events.jsonl`` while an engine works on the run. Each event is written at once.

    A line left unfinished, by a killed engine or a full disk, is ended before the next, so that
    readers skip just that one. Any thread may emit.

    Attributes:
        listeners: called with each event once it is written, on the thread that emitted it.
    """

    def __init__(self, path: Path) -> None:
        self.listeners: list[Callable[[Event], None]] = []
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._torn = bool(os.lseek(self._fd, 0, os.SEEK_END)) and _last_byte(self._fd) != b"\n"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)

    def emit(self, event: Any) -> None:
        """Write one event, with the time of now if it has none.

        Raises:
            OSError: it cannot be written, for example since the disk is full.
        """
        if not event.time:
            event = dataclasses.replace(event, time=time.time())
        with self._lock:
            self._write(EVENTS.encode(event))
        for listener in self.listeners:
            listener(event)

    def _write(self, encoded: bytes) -> None:
        line = memoryview((b"\n" if self._torn else b"") + encoded)
        self._torn = True
        while line:
            line = line[os.write(self._fd, line) :]
        self._torn = False


def _last_byte(fd: int) -> bytes:
    os.lseek(fd, -1, os.SEEK_END)
    return os.read(fd, 1)

"""Adds events to a run's file, one whole line at a time; the file is the truth about the run."""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.core.events import EVENTS, Event
from studio.engine.explain import is_disk_full


class EventLog:
    """Owns ``events.jsonl`` while an engine works on the run. Each event is written at once.

    A line left unfinished, by a killed engine or a full disk, is ended before the next, so that
    readers skip just that one. Any thread may emit. While the disk is full, events wait in memory
    and are written with the next one.

    Attributes:
        listeners: called with each event once it is written, on the thread that emitted it.
    """

    def __init__(self, path: Path) -> None:
        self.listeners: list[Callable[[Event], None]] = []
        self._lock = threading.Lock()
        self._waiting = deque[bytes]()
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
        try:
            self._write_all()
        finally:
            os.close(self._fd)

    def emit(self, event: Any) -> None:
        """Write one event, with the time of now if it has none.

        Raises:
            OSError: it cannot be written, and not for want of room.
        """
        if not event.time:
            event = dataclasses.replace(event, time=time.time())
        with self._lock:
            self._write(EVENTS.encode(event))
        for listener in self.listeners:
            listener(event)

    def _write(self, encoded: bytes) -> None:
        self._waiting.append(encoded)
        try:
            self._write_all()
        except OSError as err:
            if not is_disk_full(err):
                raise

    def _write_all(self) -> None:
        while self._waiting:
            line = memoryview((b"\n" if self._torn else b"") + self._waiting[0])
            while line:
                n = os.write(self._fd, line)
                self._torn = n < len(line)
                line = line[n:]
            self._torn = False
            self._waiting.popleft()


def _last_byte(fd: int) -> bytes:
    os.lseek(fd, -1, os.SEEK_END)
    return os.read(fd, 1)


class SilentLog(EventLog):
    """The log of an engine that works along: the one that leads tells what happens."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Event], None]] = []

    def emit(self, event: Any) -> None:
        """Say nothing."""

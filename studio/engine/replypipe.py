"""The stream of replies on stdout, kept clean of everything that libraries print."""

from __future__ import annotations

import os
import threading
from types import TracebackType
from typing import Any, Self

from studio.core.problems import StudioError
from studio.core.protocol import PROTOCOL, RequestFailed


class ReplyPipe:
    """Takes stdout for itself and sends every other print to stderr.

    ``print`` in a library, a progress bar, or C code that writes to descriptor 1 cannot break the
    stream: descriptor 1 points at stderr while the pipe is open. Lines are written whole, from
    any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fd = os.dup(1)
        os.dup2(2, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.dup2(self._fd, 1)
        os.close(self._fd)

    def send(self, message: Any) -> None:
        """Write one message as one line.

        Raises:
            BrokenPipeError: the reader is gone.
        """
        line = memoryview(PROTOCOL.encode(message))
        with self._lock:
            while line:  # a pipe may take less than a long line at once
                line = line[os.write(self._fd, line) :]

    def fail(self, request: int, problem: StudioError) -> None:
        """Answer a request with a problem's sentences."""
        self.send(
            RequestFailed(
                id=request,
                summary=problem.summary,
                hint=problem.hint,
                details=problem.details,
                code=type(problem).__name__,
            )
        )

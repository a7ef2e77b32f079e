"""An engine process that is asked more than once: it is sent messages and tells its own."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from studio.core.problems import EngineError
from studio.core.protocol import PROTOCOL
from studio.core.wire import LineReader
from studio.machine.enginecommand import engine_command, engine_environment


class EngineProcess:
    """A running engine process; iterated, it yields its messages until it ends.

    A Ctrl+C while it waits for a message loses none, as it would in a generator.
    """

    def __init__(self, process: subprocess.Popen[bytes], ended: EngineError) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout
        self._ended = ended
        self._reader = LineReader(PROTOCOL)
        self._waiting: list[Any] = []

    def send(self, message: Any) -> None:
        """Send a message.

        Raises:
            EngineError: the process has ended.
        """
        try:
            self._stdin.write(PROTOCOL.encode(message))
            self._stdin.flush()
        except BrokenPipeError as err:
            raise self._ended from err

    def close(self) -> None:
        """Send nothing any more.

        Raises:
            BrokenPipeError: what was sent last was not read.
        """
        self._stdin.close()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        while not self._waiting:
            line = self._stdout.readline()
            if not line:
                raise StopIteration
            self._waiting.extend(self._reader.feed(line))
        return self._waiting.pop(0)


@contextmanager
def engine_process(part: str, ended: EngineError) -> Iterator[EngineProcess]:
    """Start a part of the engine; its process is gone when the body ends.

    Ctrl+C does not reach it: whoever started it passes on what is meant.

    Args:
        part: of the engine, for example "chat".
        ended: what is raised when it is sent something and is not there any more.
    """
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would fill and hang it
        process = subprocess.Popen(
            engine_command(part),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=engine_environment(),
            start_new_session=True,
        )
        with process:
            asked = EngineProcess(process, ended)
            try:
                yield asked
            finally:
                process.kill()
                process.wait()
                with suppress(BrokenPipeError):  # what it was sent and did not read any more
                    asked.close()

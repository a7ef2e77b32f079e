"""The chat process as commands use it: load once, ask often, stop in the middle."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from studio.cli.output import note
from studio.core.problems import EngineError
from studio.core.protocol import (
    PROTOCOL,
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    Progress,
    RequestFailed,
    StopGenerating,
)
from studio.core.wire import LineReader
from studio.machine.enginecommand import engine_command, engine_environment


class ProcessEnded(EngineError):
    """There is nobody to ask any more."""


class ChatProcess:
    """A running chat process; ids of requests are given by the caller."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._process = process
        self._messages = _messages(process.stdout)

    def load(self, request: LoadChat) -> ChatLoaded:
        """Load a model.

        Raises:
            EngineError: it could not be loaded, or the process ended.
        """
        self._send(request)
        for message in self._messages:
            if isinstance(message, RequestFailed):
                raise EngineError(message.summary, message.hint, message.details)
            if isinstance(message, Progress):
                note(message.what)
            elif isinstance(message, ChatLoaded):
                return message
        raise _ended()

    def ask(
        self, request: Generate, columns: list[str], told: Callable[[Piece], None]
    ) -> dict[str, AnswerEnded]:
        """Ask and wait for all answers; Ctrl+C stops them, and a second one is raised.

        Args:
            request: the question.
            columns: that will answer.
            told: is given each new piece of text.

        Raises:
            EngineError: it could not be asked, or the process ended.
        """
        answers: dict[str, AnswerEnded] = {}
        self._send(request)
        stopped, message = False, None
        while answers.keys() != set(columns):
            try:
                message = message or next(self._messages, None)
                if message is None:
                    raise _ended()
                if isinstance(message, RequestFailed):
                    raise EngineError(message.summary, message.hint, message.details)
                if isinstance(message, Piece):
                    told(message)
                elif isinstance(message, AnswerEnded):
                    answers[message.column] = message
                message = None
            except KeyboardInterrupt:  # the message in hand is taken again
                if stopped:
                    raise
                stopped = True
                self._send(StopGenerating(id=request.id))
        return answers

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(PROTOCOL.encode(message))
            self._process.stdin.flush()
        except BrokenPipeError as err:
            raise _ended() from err


@contextmanager
def chat_process() -> Iterator[ChatProcess]:
    """Start the chat process; it is gone, with the model, when the body ends."""
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would fill and hang it
        process = subprocess.Popen(
            engine_command("chat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=engine_environment(),
            start_new_session=True,  # Ctrl+C stops an answer here, and must not end the process
        )
        with process:
            try:
                yield ChatProcess(process)
            finally:
                process.kill()
                process.wait()


class _Messages:
    """Yields messages; a Ctrl+C while it waits loses nothing, as it would in a generator."""

    def __init__(self, stdout: IO[bytes]) -> None:
        self._stdout, self._reader = stdout, LineReader(PROTOCOL)
        self._waiting: list[Any] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        while not self._waiting:
            line = self._stdout.readline()
            if not line:
                raise StopIteration
            self._waiting.extend(self._reader.feed(line))
        return self._waiting.pop(0)


def _messages(stdout: IO[bytes]) -> Iterator[Any]:
    return _Messages(stdout)


def _ended() -> ProcessEnded:
    return ProcessEnded(
        "The chat process ended.", "Run graft-studio doctor to see what is missing."
    )

"""The chat process as commands use it: load once, ask often, stop in the middle."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from studio.cli.output import note
from studio.core.problems import EngineError
from studio.core.protocol import (
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    Progress,
    RequestFailed,
    StopGenerating,
)
from studio.machine.engineprocess import EngineProcess, engine_process


class ProcessEnded(EngineError):
    """There is nobody to ask any more."""


class ChatProcess:
    """A running chat process; ids of requests are given by the caller."""

    def __init__(self, process: EngineProcess) -> None:
        self._process = process

    def load(self, request: LoadChat) -> ChatLoaded:
        """Load a model.

        Raises:
            EngineError: it could not be loaded, or the process ended.
        """
        self._process.send(request)
        for message in self._process:
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
        self._process.send(request)
        stopped, message = False, None
        while answers.keys() != set(columns):
            try:
                message = message or next(self._process, None)
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
                self._process.send(StopGenerating(id=request.id))
        return answers


@contextmanager
def chat_process() -> Iterator[ChatProcess]:
    """Start the chat process; it is gone, with the model, when the body ends."""
    with engine_process("chat", _ended()) as process:
        yield ChatProcess(process)


def _ended() -> ProcessEnded:
    return ProcessEnded(
        "The chat process ended.", "Run graft-studio doctor to see what is missing."
    )

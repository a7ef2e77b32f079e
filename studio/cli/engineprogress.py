"""Carries out an evaluation's request in a process of its own, with its progress on stderr."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from studio.cli.output import note
from studio.core.evaluationmessages import (
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    LookAtReadiness,
    PauseEvaluating,
)
from studio.core.problems import EngineError
from studio.core.protocol import RequestFailed
from studio.machine.engineprocess import EngineProcess, engine_process

PAUSED = 130
"""Exit code after Ctrl-C, as shells have it."""
_REQUEST = 1


def carry_out(request: Callable[[int], Evaluate | LookAtReadiness]) -> EvaluationEnded:
    """Let the process do what is asked, until it is done; Ctrl-C pauses.

    Args:
        request: makes the request with its id.

    Raises:
        EngineError: it failed, or the process ended.
    """
    ended = EngineError(
        "The evaluation process ended.", "Run the command again: it goes on where it was."
    )
    with engine_process("evaluate", ended) as process, _pausing(process):
        process.send(request(_REQUEST))
        before = ""
        for message in process:
            if isinstance(message, RequestFailed):
                raise EngineError(message.summary, message.hint, message.details)
            if isinstance(message, EvaluationEnded):
                return message
            if isinstance(message, EvaluationAdvanced):
                words = _progress(message)
                if words != before:
                    note(words)
                before = words
    raise ended


def _progress(told: EvaluationAdvanced) -> str:
    """Return how far it is, in steps of a tenth: a line for each would be too many."""
    what = f"{told.column}: {told.what}" if told.column else told.what
    if not told.total:
        return what
    return f"{what} · {10 * (10 * told.done // told.total)} %"


@contextmanager
def _pausing(process: EngineProcess) -> Iterator[None]:
    """Let Ctrl-C pause the process; a second one ends it at once."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        note("Pausing behind the words in hand. Ctrl-C again ends it at once.")
        process.send(PauseEvaluating(id=_REQUEST))

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

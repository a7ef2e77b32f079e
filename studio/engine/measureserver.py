"""The measuring process: answers one request with what real steps took, and ends with its memory."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from studio.core.problems import EngineError, StudioError
from studio.core.protocol import PROTOCOL, MeasureMemory, Progress
from studio.core.recipe import Recipe
from studio.core.units import gib
from studio.core.wire import LineReader
from studio.core.workspace import Workspace
from studio.engine.explain import explain
from studio.engine.replypipe import ReplyPipe
from studio.machine.models import resolve_model


class OutOfMemory(EngineError):
    """The steps need more memory than there is."""


def main(argv: Sequence[str]) -> int:
    """Answer the first request on stdin; end at once when stdin ends."""
    del argv
    with ReplyPipe() as replies:
        request = _first()
        if request is None:
            return 0
        threading.Thread(target=_end_with_stdin, daemon=True).start()
        with suppress(OSError, AttributeError):  # Windows has no niceness
            os.nice(5)
        try:
            _answer(request, replies)
        except StudioError as problem:
            replies.fail(request.id, problem)
        except BrokenPipeError:
            return 0  # who asked is gone
        except Exception as err:  # noqa: BLE001 - whatever it is becomes a sentence
            replies.fail(request.id, _explained(err))
    return 0


def _answer(request: MeasureMemory, replies: ReplyPipe) -> None:
    def tell(what: str, done: int, total: int) -> None:
        replies.send(Progress(id=request.id, what=what, done=done, total=total))

    tell("Starting", 0, 1)
    recipe, workspace = Recipe.from_mapping(request.recipe), Workspace(Path(request.workspace))
    resolve_model(workspace, recipe.model)  # whether it is there needs no torch
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
    # Seconds of imports: who asked must hear that it began
    from studio.engine.measure import measure

    replies.send(measure(request.id, workspace, recipe, tell))


def _explained(err: Exception) -> StudioError:
    """Return the error in words for someone who measures, not trains."""
    ending = explain(err)
    if ending.outcome != "out_of_memory":
        return EngineError(
            ending.summary.replace("training process", "measurement"),
            "Copy the details into a report. The prediction stays.",
            ending.details,
        )
    from studio.engine.peaks import PeakMeter  # torch, which is there by now

    held = PeakMeter().read().whole
    return OutOfMemory(
        f"It needs more than {gib(held)}: there was no memory left while it was measured.",
        ending.hint,
        ending.details,
    )


def _first() -> MeasureMemory | None:
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for message in reader.feed(line):
            if isinstance(message, MeasureMemory):
                return message
    return None


def _end_with_stdin() -> None:
    """End the process when who asked is gone; steps cannot be interrupted in another way."""
    while os.read(0, 1 << 16):  # not through Python's buffer, whose lock would outlive this thread
        pass
    os._exit(0)

"""The evaluation process: carries out one evaluation, told over JSON lines, and ends.

It dies with whoever started it: when stdin ends, it ends. What was answered by then is kept.
"""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.core.benchmarks import BenchmarksWanted, tasks_in
from studio.core.evaluation import EvaluationState
from studio.core.problems import EngineError, StudioError
from studio.core.protocol import (
    PROTOCOL,
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    LookAtReadiness,
    PauseEvaluating,
)
from studio.core.wire import LineReader
from studio.data.benchmarks import Benchmarks
from studio.data.evaluations import Evaluations
from studio.data.jobstates import JobStates
from studio.data.judgements import Judgements
from studio.data.readiness import ReadinessLooks
from studio.data.writtenanswers import WrittenAnswers
from studio.engine.replypipe import ReplyPipe

_PARENT_GONE = 0
_Request = Evaluate | LookAtReadiness


def main(argv: Sequence[str]) -> int:
    """Carry out the evaluation that stdin asks for."""
    del argv
    requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
    pause = threading.Event()
    with ReplyPipe() as pipe, suppress(BrokenPipeError):
        threading.Thread(target=_read, args=(requests, pause, pipe), daemon=True).start()
        request = requests.get()
        pipe.send(EvaluationAdvanced(id=request.id, what="Starting the engine"))
        _carry_out(request, pause, pipe)
    return 0


def _read(requests: queue.SimpleQueue[_Request], pause: threading.Event, pipe: ReplyPipe) -> None:
    """Take requests from stdin, on a thread of its own; a pause must be heard while answering."""
    reader = LineReader(PROTOCOL)
    while chunk := os.read(sys.stdin.fileno(), 1 << 16):
        for message in reader.feed(chunk):
            if isinstance(message, PauseEvaluating):
                pause.set()
            elif isinstance(message, Evaluate | LookAtReadiness):
                requests.put(message)
            else:
                pipe.fail(0, EngineError("This is no request of an evaluation.", "Start it again."))
    os._exit(_PARENT_GONE)  # in the middle of whatever: what was answered is kept


def _carry_out(request: _Request, pause: threading.Event, pipe: ReplyPipe) -> None:
    try:
        if isinstance(request, LookAtReadiness):
            pipe.send(_look(request, pause, pipe))
            return
        with Evaluations(Path(request.store)) as store:
            act = _judge if request.judge else _ask if request.benchmarks else _evaluate
            state = act(request, pause, pipe, store)
            summary = store.one(request.evaluation)
        pipe.send(
            EvaluationEnded(id=request.id, state=state, done=summary.done, total=summary.total)
        )
    except StudioError as problem:
        pipe.fail(request.id, problem)


def _evaluate(
    request: Evaluate, pause: threading.Event, pipe: ReplyPipe, store: Evaluations
) -> EvaluationState:
    """Carry out the evaluation and keep how it stands."""
    number = request.evaluation
    with (
        WrittenAnswers(Path(request.store)) as written,
        _kept(store, number, "The evaluation failed"),
    ):
        from studio.engine.evaluation import Evaluation  # seconds: after a sign of life
        from studio.engine.evaluationpace import Pace

        pace = Pace(request.id, pipe.send, lambda done, of: store.advance(number, done, of))
        state = Evaluation(store, written, number, pace, pause.is_set).run()
    if state is not EvaluationState.DONE:
        store.end(number, state)
    return state


def _ask(
    request: Evaluate, pause: threading.Event, pipe: ReplyPipe, store: Evaluations
) -> EvaluationState:
    """Let the columns of an evaluation, which stays as it is, answer standard benchmarks."""
    wanted = BenchmarksWanted(
        tasks_in(request.benchmarks), request.task_folder, request.benchmark_limit
    )
    with Benchmarks(Path(request.store)) as kept, _explained("The benchmarks failed"):
        from studio.engine.benchmarks import ask_benchmarks  # seconds: after a sign of life
        from studio.engine.evaluationpace import Pace

        pace = Pace(request.id, pipe.send, lambda _done, _total: None)
        return ask_benchmarks(store, kept, request.evaluation, wanted, pace, pause.is_set)


def _look(request: LookAtReadiness, pause: threading.Event, pipe: ReplyPipe) -> EvaluationEnded:
    """Look at an adapter and keep how far it is."""
    number = request.look
    with ReadinessLooks(Path(request.store)) as store:
        with _kept(store, number, "The look at the adapter failed"):
            from studio.engine.evaluationpace import Pace  # seconds: after a sign of life
            from studio.engine.readiness import ReadinessLook

            pace = Pace(request.id, pipe.send, lambda done, of: store.advance(number, done, of))
            state = ReadinessLook(store, number, pace, pause.is_set).run()
        store.end(number, state)
        ended = store.one(number)
    return EvaluationEnded(id=request.id, state=state, done=ended.done, total=ended.total)


@contextmanager
def _kept(store: JobStates, number: int, failed: str) -> Iterator[None]:
    """Begin a piece of work, and keep how it was left if it cannot be ended."""
    store.begin(number)
    try:
        with _explained(failed):
            yield
    except BrokenPipeError:
        store.end(number, EvaluationState.PAUSED)
        raise
    except StudioError as problem:
        store.end(number, EvaluationState.FAILED, problem)
        raise


def _judge(
    request: Evaluate, pause: threading.Event, pipe: ReplyPipe, store: Evaluations
) -> EvaluationState:
    """Let a model judge an evaluation, which stays as it is."""
    with Judgements(Path(request.store)) as kept, _explained("The judge failed"):
        from studio.engine.evaluationpace import Pace  # seconds: after a sign of life
        from studio.engine.judge import Judge

        pace = Pace(request.id, pipe.send, lambda _done, _total: None)
        folder = Path(request.judge)
        return Judge(store, kept, request.evaluation, folder, pace, pause.is_set).run()


@contextmanager
def _explained(failed: str) -> Iterator[None]:
    """Let whatever goes wrong inside become a sentence."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
    try:
        yield
    except (StudioError, BrokenPipeError):
        raise
    except Exception as err:
        from studio.engine.chatmodel import unexpected  # seconds: rarely needed

        problem = unexpected(err)
        raise EngineError(
            problem.summary.replace("The chat failed", failed),
            "Go on with it; if it fails again, copy the details into a report.",
            problem.details,
        ) from err

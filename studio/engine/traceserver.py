"""The trace process: what a step of a recipe would hold, over JSON lines; no weights, no card.

It ends by itself when nobody asks for a while, since its libraries take half a GiB.
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections.abc import Sequence

from studio.core.problems import StudioError
from studio.core.protocol import PROTOCOL, MemoryTraced, TraceMemory
from studio.core.recipe import Recipe
from studio.core.wire import LineReader
from studio.engine.replypipe import ReplyPipe

IDLE_SECONDS = 120.0


def main(argv: Sequence[str]) -> int:
    """Answer requests from stdin until it ends, or until nobody asks any more."""
    del argv
    requests: queue.SimpleQueue[TraceMemory | None] = queue.SimpleQueue()
    with ReplyPipe() as replies:
        threading.Thread(target=_read, args=(requests,), daemon=True).start()
        import studio.engine.trace  # noqa: F401 - seconds, while the first request comes in

        while True:
            try:
                request = requests.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                return 0
            if request is None:
                return 0
            try:
                replies.send(_answer(request))
            except StudioError as problem:
                replies.fail(request.id, problem)
            except BrokenPipeError:
                return 0  # who asked is gone


def _answer(request: TraceMemory) -> MemoryTraced:
    from studio.engine.trace import StepShape, trace_step  # torch; see main

    start = time.monotonic()
    found = trace_step(
        request.config,
        Recipe.from_mapping(request.recipe),
        StepShape(
            device=request.device,
            precision=request.precision,
            length=request.length,
            trained_share=request.trained_share,
            recompute=request.recompute,
        ),
    )
    return MemoryTraced(
        id=request.id,
        resting_bytes=found.resting,
        saved_bytes=found.saved,
        peak_bytes=found.peak,
        at=found.at,
        trained=found.trained,
        weights=found.weights,
        seconds=time.monotonic() - start,
    )


def _read(requests: queue.SimpleQueue[TraceMemory | None]) -> None:
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for message in reader.feed(line):
            if isinstance(message, TraceMemory):
                requests.put(message)
    requests.put(None)

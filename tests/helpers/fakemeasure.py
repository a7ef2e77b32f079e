"""A measuring process that takes no steps: ``python -m tests.helpers.fakemeasure WHAT``."""

from __future__ import annotations

import os
import signal
import sys

from studio.core.protocol import PROTOCOL, MemoryMeasured, Progress, RequestFailed
from studio.core.units import GIB
from studio.core.wire import LineReader

PEAK = round(6.4 * GIB)


def command(what: str) -> list[str]:
    """Return the command of a process that does this: answers, waits, fails, is killed or aborts."""
    return [sys.executable, "-m", "tests.helpers.fakemeasure", what]


def answer(request: int) -> MemoryMeasured:
    """Return a measurement of an 8B model on a card."""
    return MemoryMeasured(
        id=request,
        device="cuda:0 RTX 4070",
        precision="bf16",
        counted="nvml",
        peak_bytes=PEAK,
        loading_bytes=5 * GIB,
        training_bytes=PEAK,
        evaluation_bytes=6 * GIB,
        allocated_bytes=round(5.8 * GIB),
        reserved_bytes=6 * GIB,
        process_bytes=PEAK,
        step_seconds=2.0,
        step_tokens=4000,
        rows=2,
        longest_tokens=1024,
        trained_share=0.5,
    )


def main(what: str) -> None:
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for request in reader.feed(line):
            _send(Progress(id=request.id, what="Training step 1", done=3, total=6))
            if what == "answers":
                _send(answer(request.id))
            elif what == "fails":
                summary = "It needs more than 11.2 GiB: there was no memory left."
                _send(RequestFailed(id=request.id, summary=summary, hint="Take fewer."))
            elif what == "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            elif what == "aborts":
                os.kill(os.getpid(), signal.SIGABRT)


def _send(message: object) -> None:
    sys.stdout.buffer.write(PROTOCOL.encode(message))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1])

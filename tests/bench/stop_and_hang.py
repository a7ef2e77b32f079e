"""How soon an engine that trains for real answers a stop, and is gone when it hangs.

python -m tests.bench.stop_and_hang [--tries 5]

stop: asked while it trains; answered is the event that says so, steps are those that were ended
after the wish was written. loading: asked as soon as it has said its first word. signal: SIGTERM
then. hung: it is told to stand still with SIGSTOP, and ended as the window's "End at once" does.
Gone is when neither the process nor a child of it is left and the lock is free.
"""

from __future__ import annotations

import argparse
import os
import signal
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from studio.core.control import StopAsked
from studio.core.events import StateChanged, StepDone
from studio.core.workspace import RunFolder
from studio.data.runfiles import ask
from studio.machine.enginecommand import engine_command, start_detached
from studio.machine.processes import end, mark_of, reap
from tests.helpers.runfolders import events_of, make_run
from tests.helpers.tinymodel import make_tiny_model

LONGEST = 300.0
MIB = 1024**2
SETTINGS: dict[str, Any] = {"max_steps": 100_000, "save_steps": 90_000, "eval_steps": 90_000}


@dataclass(frozen=True)
class Try:
    """What one engine did.

    Attributes:
        answered: seconds from the wish to the event that says so; 0 where none is told.
        steps: ended after the wish.
        step: seconds that one took before it.
        gone: seconds from the wish until nothing was left of it.
        held: bytes of RAM that it gave back.
        left: processes of it that were left.
    """

    answered: float
    steps: int
    step: float
    gone: float
    held: int
    left: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        model = make_tiny_model(folder / "tiny")
        for what, loading, wish in (
            ("stop", False, _ask),
            ("loading", True, _ask),
            ("signal", True, _signal),
            ("hung", False, _hang),
        ):
            runs = [make_run(folder / what, model, **SETTINGS) for _ in range(args.tries)]
            tell(what, [_try(run, wish, loading=loading) for run in runs])


def _ask(run: RunFolder, _process: psutil.Process) -> float:
    start = time.time()
    ask(run, StopAsked(time=start))
    return start


def _signal(_run: RunFolder, process: psutil.Process) -> float:
    start = time.time()
    os.kill(process.pid, signal.SIGTERM)
    return start


def _hang(_run: RunFolder, process: psutil.Process) -> float:
    process.suspend()
    mark = mark_of(process.pid)
    assert mark is not None
    start = time.time()
    end(mark)
    return start


def _try(
    run: RunFolder, wish: Callable[[RunFolder, psutil.Process], float], *, loading: bool
) -> Try:
    pid = start_detached(engine_command("train", str(run.path)), run.log)
    process = psutil.Process(pid)
    try:
        _until(
            lambda: len(_told(run, StateChanged if loading else StepDone)) >= (1 if loading else 9)
        )
        held, family = process.memory_info().rss, process.children(recursive=True)
        start = wish(run, process)
        _until(lambda: mark_of(pid) is None)
        gone = time.time() - start
        left = sum(child.is_running() for child in family)
    finally:
        if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
            process.kill()
        reap(pid)
    steps = _told(run, StepDone)
    answers = [e.time for e in _told(run, StateChanged) if e.state == "stopping"]
    return Try(
        answered=answers[0] - start if answers else 0.0,
        steps=sum(e.time > start for e in steps),
        step=max((e.seconds for e in steps), default=0.0),
        gone=gone,
        held=held,
        left=left,
    )


def _told(run: RunFolder, kind: type) -> list[Any]:
    return [event for event in events_of(run) if isinstance(event, kind)]


def _until(there: Callable[[], bool]) -> None:
    end_at = time.monotonic() + LONGEST
    while not there():
        if time.monotonic() > end_at:
            raise TimeoutError("the engine did not do it")
        time.sleep(0.005)


def tell(what: str, tries: list[Try]) -> None:
    answered = max(each.answered for each in tries)
    words = f"{what:8} {len(tries)} tries"
    if answered:
        words += (
            f", answered within {answered:.3f} s (longest step {max(t.step for t in tries):.3f})"
        )
    print(
        f"{words}, at most {max(each.steps for each in tries)} steps after the wish, gone within "
        f"{max(each.gone for each in tries):.2f} s, "
        f"{max(each.held for each in tries) / MIB:,.0f} MiB given back, "
        f"{sum(each.left for each in tries)} processes left",
        flush=True,
    )


if __name__ == "__main__":
    main()

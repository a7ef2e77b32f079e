"""The training engine: ``python -m studio.engine train RUN`` works on one run until it ends.

It holds the run's lock, adds to its events and obeys its control file. It resumes by itself from
the newest whole checkpoint. Nothing heavy is imported before the run is visibly its own.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from studio.core.events import Remark, RunEnded, StateChanged
from studio.core.problems import RunError, StudioError
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.again import StartAgain, begin_again, wait_for_another
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import Ending, explain
from studio.engine.resumed import remarks_on_resume
from studio.engine.vigil import Vigil
from studio.machine.locks import RunLock
from studio.machine.processes import mark_of

NICENESS = 5
"""The window and the rest of the machine come first."""
_GOOD = ("done", "stopped", "paused")


def main(argv: Sequence[str]) -> int:
    """Work on the run whose folder is named; return 0 if it ended as it should."""
    parser = argparse.ArgumentParser(prog="python -m studio.engine train")
    parser.add_argument("run", type=Path, help="the folder of a prepared run")
    parser.add_argument("--anyway", action="store_true", help="though something has changed")
    parser.add_argument("--asked", type=int, default=-1, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    run = RunFolder(args.run.resolve())
    try:
        if not run.recipe.is_file():
            raise RunError(f"There is no run in {run.path}.", "Name the folder of a prepared run.")
        begins = args.asked < 0
        remarks = list(remarks_on_resume(run, anyway=args.anyway)) if begins else []
        with RunLock(run.lock).hold():
            code, asked = _work(run, args.asked, remarks)
            if code is None and os.name != "nt":
                begin_again(run, asked)
        return wait_for_another(run, asked) if code is None else code
    except StudioError as problem:
        sys.stderr.write(f"{problem.summary} {problem.hint}".strip() + "\n")
    except OSError as err:  # not even the ending could be written, for want of disk say
        sys.stderr.write(f"The run's events cannot be written: {err.strerror or err}.\n")
    return 1


def _work(run: RunFolder, asked: int, remarks: Sequence[Remark]) -> tuple[int | None, int]:
    """Train, and say how it ended, whatever happens.

    Args:
        run: the run.
        asked: bytes of the control file that an engine before this one, in the same process, has
            answered; negative in a process of its own.
        remarks: told first.

    Returns:
        The exit code, None if the engine is to begin again, and the bytes that are answered now.
    """
    start = time.monotonic()
    mark = mark_of(os.getpid())
    wishes = Wishes(run.control, mark.created if mark else time.time(), asked)
    wishes.obey_signals()
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(max(0, NICENESS - os.nice(0)))  # an engine that begins again has it already
    with EventLog(run.events) as log, Vigil(run, log):
        log.emit(StateChanged(state="loading", detail="Starting the engine"))
        for remark in remarks:
            log.emit(remark)
        try:
            (step, peak), ending = _trained(run, log, wishes)
        except StartAgain:
            return None, wishes.answered
        log.emit(
            RunEnded(
                outcome=ending.outcome,
                run=run.id,
                step=step,
                summary=ending.summary,
                hint=ending.hint,
                details=ending.details,
                adapter=run.adapter.name if run.adapter.is_dir() else "",
                measured_peak_bytes=peak,
                seconds=time.monotonic() - start,
            )
        )
        _keep_peak(run)
    return (0 if ending.outcome in _GOOD else 1), wishes.answered


def _keep_peak(run: RunFolder) -> None:
    """Add what the run took to this computer's records; the run is no worse without it."""
    from studio.engine.runpeak import keep_run_peak  # pyarrow, which is loaded by now

    try:
        keep_run_peak(run)
    except StudioError as problem:
        sys.stderr.write(f"The peak was not recorded: {problem.summary}\n")


def _trained(run: RunFolder, log: EventLog, wishes: Wishes) -> tuple[tuple[int, int], Ending]:
    """Return the step and the peak memory in bytes that the run ended with, and how it ended."""
    session = None
    try:
        recipe = read_recipe(run.recipe)
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
        # Seconds of imports: the lock and the first event must not wait for them
        from studio.engine.session import Session

        session = Session(run, recipe, log, wishes)
        ending = session.work()
    except StartAgain:
        raise
    except (Exception, KeyboardInterrupt) as err:  # noqa: BLE001 - each ends the run with a sentence
        ending = explain(err)
    if session is None:
        return (0, 0), ending
    return (session.step, session.peak_bytes), ending

"""The training engine: ``python -m studio.engine train RUN`` works on one run until it ends.

It holds the run's lock, adds to its events and obeys its control file. It resumes by itself from
the newest whole checkpoint. Nothing heavy is imported before the run is visibly its own.

Several processes share a run where a launcher starts them:
``accelerate launch --multi_gpu --num_processes 2 -m studio.engine train RUN``. The first one does
all that is said above; the others take their part of each step.
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
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.engine.again import StartAgain, begin_again, wait_for_another
from studio.engine.control import LeaveNowError, Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import Ending, explain, left_early
from studio.engine.follow import follow
from studio.engine.place import PeerLostError, Place, place_of
from studio.engine.resumed import remarks_on_resume
from studio.engine.vigil import Vigil
from studio.machine.locks import RunLock
from studio.machine.processes import mark_of

_SEVERAL = """several processes share a run when a launcher starts them; the recipe says on what:
  accelerate launch --multi_gpu --num_processes 2 -m studio.engine train RUN
--multi_gpu starts them on a CPU too. A step has the same rows with any number of processes."""
NICENESS = 5
"""The window and the rest of the machine come first."""
_GOOD = ("done", "stopped", "paused")


def main(argv: Sequence[str]) -> int:
    """Work on the run whose folder is named; return 0 if it ended as it should."""
    parser = argparse.ArgumentParser(
        prog="python -m studio.engine train",
        description="Work on a prepared run until it ends; it resumes from its last checkpoint.",
        epilog=_SEVERAL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("run", type=Path, help="the folder of a prepared run")
    parser.add_argument("--anyway", action="store_true", help="though something has changed")
    parser.add_argument("--asked", type=int, default=-1, help=argparse.SUPPRESS)
    args = parser.parse_args(argv)
    code = _carry_out(args)
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # nothing that the others still wait for may keep this one
    return code


def _carry_out(args: argparse.Namespace) -> int:
    """Lead the run or work along on it; return 0 if it ended as it should."""
    run = RunFolder(args.run.resolve())
    try:
        place = place_of(os.environ)
        if not place.leads:
            return follow(run, place, NICENESS)
        if not run.recipe.is_file():
            raise RunError(f"There is no run in {run.path}.", "Name the folder of a prepared run.")
        begins = args.asked < 0
        remarks = list(remarks_on_resume(run, anyway=args.anyway)) if begins else []
        with RunLock(run.lock).hold():
            code, asked = _work(run, args.asked, remarks, place)
            if code is None and os.name != "nt":
                begin_again(run, asked)
        return wait_for_another(run, asked) if code is None else code
    except StudioError as problem:
        sys.stderr.write(f"{problem.summary} {problem.hint}".strip() + "\n")
    except OSError as err:  # not even the ending could be written, for want of disk say
        sys.stderr.write(f"The run's events cannot be written: {err.strerror or err}.\n")
    return 1


def _work(
    run: RunFolder, asked: int, remarks: Sequence[Remark], place: Place
) -> tuple[int | None, int]:
    """Train, and say how it ended, whatever happens.

    Args:
        run: the run.
        asked: bytes of the control file that an engine before this one, in the same process, has
            answered; negative in a process of its own.
        remarks: told first.
        place: of this engine.

    Returns:
        The exit code, None if the engine is to begin again, and the bytes that are answered now.
    """
    start = time.monotonic()
    mark = mark_of(os.getpid())
    wishes = Wishes(run.control, mark.created if mark else time.time(), asked)
    wishes.launched = place.shares
    wishes.obey_signals()
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(max(0, NICENESS - os.nice(0)))  # an engine that begins again has it already
    with EventLog(run.events) as log, Vigil(run, log, each=wishes.nudge):
        log.emit(StateChanged(state="loading", detail="Starting the engine"))
        for remark in remarks:
            log.emit(remark)
        try:
            (step, peak), ending = _trained(run, log, wishes, place)
        except StartAgain:
            return None, wishes.answered
        log.emit(_ended(run, ending, step, peak, time.monotonic() - start))
        _keep_peak(run)
    return (0 if ending.outcome in _GOOD else 1), wishes.answered


def _ended(run: RunFolder, ending: Ending, step: int, peak: int, seconds: float) -> RunEnded:
    return RunEnded(
        outcome=ending.outcome,
        run=run.id,
        step=step,
        summary=ending.summary,
        hint=ending.hint,
        details=ending.details,
        adapter=run.adapter.name if run.adapter.is_dir() else "",
        measured_peak_bytes=peak,
        seconds=seconds,
    )


def _keep_peak(run: RunFolder) -> None:
    """Add what the run took to this computer's records; the run is no worse without it."""
    from studio.engine.runpeak import keep_run_peak  # pyarrow, which is loaded by now

    try:
        keep_run_peak(run)
    except StudioError as problem:
        sys.stderr.write(f"The peak was not recorded: {problem.summary}\n")


def _trained(
    run: RunFolder, log: EventLog, wishes: Wishes, place: Place
) -> tuple[tuple[int, int], Ending]:
    """Return the step and the peak memory in bytes that the run ended with, and how it ended.

    Raises:
        StartAgain: the engine is to begin again.
        PeerLostError: another engine of the run was killed, and so the run reads as lost.
    """
    session = None
    kept = max(checkpoint_steps(run), default=0)
    wishes.keeps, wishes.at_once = bool(kept), not place.shares
    try:
        recipe = read_recipe(run.recipe)
        logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
        # Seconds of imports: the lock and the first event must not wait for them
        from studio.engine.session import Session

        session = Session(run, recipe, log, wishes, place)
        ending = session.work()
    except (StartAgain, PeerLostError):
        raise
    except LeaveNowError:
        ending = left_early(wishes, kept)
    except (Exception, KeyboardInterrupt) as err:  # noqa: BLE001 - each ends the run with a sentence
        ending = explain(err)
    finally:
        wishes.at_once = False
    if session is None:
        return (0, 0), ending
    return (session.step, session.peak_bytes), ending

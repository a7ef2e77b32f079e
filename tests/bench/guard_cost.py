"""What the guard and each remedy cost: seconds of a step, and the share that measuring takes.

.venv/bin/python -m tests.bench.guard_cost --model DIR --data FILE.json

Each remedy trains a few steps in a process of its own, in turn and back (A B C, C B A), so that what
else the machine does cancels; the processor's time of the process stands beside the clock's, since
load does not change it much. The watched runs are longer ones with the guard as it is by default:
their share is all that measuring took, the base's answers too, of what the steps took. The second of
them finds the base's answers, which the first one kept. About ten minutes on two quiet cores with the
starter model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

from studio.core.events import Evaluated, StepDone
from studio.core.guardwords import ASKING
from studio.core.tradeoff import questions_of
from tests.bench.forgetting import rows_of
from tests.helpers.runfolders import make_run

REMEDIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "L2": {"l2": 0.01},
    "EWC": {"ewc": 0.1},
    "KL": {"kl": 1.0},
    "replay 20 %": {"replay": 0.2},
}
WATCHED = "watched"
WARM = 2
"""First steps that are left out: the first of all, and that before which EWC looks at the rows."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=6, help="of each remedy's run")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--watched", type=int, default=40, help="steps of a watched run; 0 for none"
    )
    parser.add_argument("--only", nargs="*", default=list(REMEDIES))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--place", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one is not None:
        sys.stdout.write("\nRESULT " + json.dumps(one(args)) + "\n")
        return
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in args.only}
    for number in range(args.rounds):
        for name in args.only if number % 2 == 0 else reversed(args.only):
            found[name].append(in_child(name, args))
    if any(found.values()):
        print(table(found))
    if found.get("EWC"):
        print(once_words(found["EWC"]))
    with tempfile.TemporaryDirectory() as place:
        for which in ("first", "later") if args.watched else ():
            print(f"{which} run: {watched_words(in_child(WATCHED, args, Path(place)))}")


def in_child(name: str, args: argparse.Namespace, place: Path | None = None) -> dict[str, Any]:
    """Return what a run of its own in a child measured, in a workspace of its own or a given one."""
    steps = args.watched if name == WATCHED else args.steps
    command = [sys.executable, "-m", "tests.bench.guard_cost", "--one", name]
    command += ["--model", str(args.model.resolve()), "--data", str(args.data.resolve())]
    command += ["--steps", str(steps), *(["--place", str(place)] if place is not None else [])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1800, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
    print(f"{name}: {found['wall']:.0f} s", file=sys.stderr, flush=True)
    return found


def one(args: argparse.Namespace) -> dict[str, Any]:
    """Train once in this process, noting clock and processor time at each event."""
    from studio.data.recipefile import read_recipe
    from studio.engine.control import Wishes
    from studio.engine.emit import EventLog
    from studio.engine.session import Session

    moments: list[tuple[Any, float, float]] = []

    class Noting(EventLog):
        def emit(self, event: Any) -> None:
            moments.append((event, time.perf_counter(), time.process_time()))
            super().emit(event)

    guard = {"enabled": args.one == WATCHED, **REMEDIES.get(args.one, {})}
    every = args.steps if args.one != WATCHED else 0
    with tempfile.TemporaryDirectory() as own:
        run = make_run(
            args.place or Path(own),
            args.model,
            rows_of(args.data),
            tables={"guard": guard},
            rank=16,
            alpha=32,
            learning_rate=2e-4,
            warmup_steps=1,
            max_tokens=256,
            max_steps=args.steps,
            eval_steps=every,
            save_steps=args.steps,
        )
        start = time.perf_counter()
        with Noting(run.events) as log:
            Session(run, read_recipe(run.recipe), log, Wishes(run.control, 0.0)).work()
        wall = time.perf_counter() - start
        told = [event for event, _, _ in moments if isinstance(event, Evaluated)]
        asked = [event for event in told if event.step and event.general_loss is not None]
        many = questions_of(asked[-1]) if asked else 0
        return parts_of(moments) | {"wall": wall, "asked": [many, len(asked)]}


def parts_of(moments: list[tuple[Any, float, float]]) -> dict[str, Any]:
    """Return clock and processor seconds of each undisturbed step, and of measuring in all."""
    steps: list[tuple[float, float]] = []
    guard = [0.0, 0.0]
    for (before, clock, cpu), (event, clock_now, cpu_now) in pairwise(moments):
        took = (clock_now - clock, cpu_now - cpu)
        part = 0.0
        if isinstance(event, StepDone):
            steps.append(took)
        elif isinstance(event, Evaluated):
            own = event.guard_seconds if event.step else 0.0  # there it is the base's, before it
            part = own / max(own + event.seconds, 1e-9)
        elif getattr(before, "detail", "") == ASKING:
            part = 1.0
        guard = [a + part * b for a, b in zip(guard, took, strict=True)]
    return {"steps": steps, "guard": guard}


def table(found: dict[str, list[dict[str, Any]]]) -> str:
    """Return a Markdown table of median seconds a step, and how many times those of plain."""
    lines = ["| remedy | s/step | CPU s/step | × plain (CPU) |", "| --- | --- | --- | --- |"]
    plain = 0.0
    for name, runs in found.items():
        steps = [step for run in runs for step in run["steps"][WARM:]]
        wall, cpu = (statistics.median(column) for column in zip(*steps, strict=True))
        plain = plain or cpu
        lines.append(f"| {name} | {wall:.2f} | {cpu:.2f} | {cpu / plain:.2f} |")
    return "\n".join(lines)


def once_words(runs: list[dict[str, Any]]) -> str:
    """Return what EWC's look at general rows takes, once, beside a step as it is after it."""
    usual = statistics.median(step[0] for run in runs for step in run["steps"][WARM:])
    once = statistics.median(run["steps"][WARM - 1][0] for run in runs) - usual
    return f"EWC looks at general rows once, which took {once:.1f} s"


def watched_words(found: dict[str, Any]) -> str:
    """Return the share that measuring took of what the steps took."""
    steps = [sum(column) for column in zip(*found["steps"], strict=True)]
    shares = [100 * took / of for took, of in zip(found["guard"], steps, strict=True)]
    many, often = found["asked"]
    return (
        f"{many} questions, {often} times after the base; measuring took {shares[0]:.1f} % of the time of {len(found['steps'])} steps "
        f"({shares[1]:.1f} % of their processor time)"
    )


if __name__ == "__main__":
    main()

"""What telling and keeping a run costs: time a step with events and checkpoints, and without.

Usage: .venv/bin/python -m tests.bench.overhead [--steps N] [--pairs N] [--model FOLDER]

Both train the starter model (QLoRA on the processor, 4 rows of at most 256 tokens a step) on the
example, without general questions, answers and evaluations on the way. ``kept`` writes every
event and commits checkpoints as often as a recipe does that does not say; ``bare`` writes no event
and commits nothing before its last step. Runs alternate (bare kept kept bare ...), each in a
process of its own. Times go from the first step to the last and hold all checkpoints but the last
one, which both commit; the processor's time is that of the engine alone, so that what else runs
on the machine weighs less in it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from studio.core.resources import resource
from studio.machine.enginecommand import engine_environment
from tests.helpers.runfolders import make_run
from tests.helpers.starter import fetch_starter

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("bare", "kept")
AIM = 0.03
VALIDATION = 4
SETTINGS: dict[str, Any] = {
    "rank": 16,
    "alpha": 32,
    "learning_rate": 2e-4,
    "max_tokens": 256,
    "micro_batch": 4,
    "epochs": 100,
    "device": "cpu",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=4, help="runs of each kind")
    parser.add_argument("--model", type=Path, help="a folder; the starter model without it")
    parser.add_argument("--one", nargs=2, metavar=("KIND", "RUN"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        return one(args.one[0], args.one[1])
    model = args.model or fetch_starter()
    print(f"{args.steps} steps a run\n{'':6}{'wall s/step':>12}{'CPU s/step':>12}{'saves':>7}")
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in KINDS}
    for kind in itertools.chain.from_iterable(
        KINDS if pair % 2 == 0 else KINDS[::-1] for pair in range(args.pairs)
    ):
        told = measured(kind, model, args.steps)
        found[kind].append(told)
        print(f"{kind:6}{told['wall']:12.3f}{told['cpu']:12.3f}{told['saves']:7.0f}", flush=True)
    return report(found)


def report(found: dict[str, list[dict[str, float]]]) -> int:
    """Print medians and what is added; 1 if the processor's time grew by more than the aim."""
    more = 0.0
    for name, words in (("wall", "wall"), ("cpu", "CPU")):
        bare, kept = (statistics.median(run[name] for run in found[kind]) for kind in KINDS)
        pairs = zip(found["bare"], found["kept"], strict=True)
        each = sorted(after[name] / before[name] - 1 for before, after in pairs)
        more = kept / bare - 1
        print(
            f"{words:5} median {bare:.3f} → {kept:.3f} s a step: {more:+.1%}"
            f" (pairs {each[0]:+.1%} to {each[-1]:+.1%}), aim under {AIM:.0%}"
        )
    return int(more > AIM)


def measured(kind: str, model: Path, steps: int) -> dict[str, float]:
    """Train once in a process of its own; return seconds a step and how often it saved."""
    with tempfile.TemporaryDirectory() as place:
        saves = {"save_steps": 0 if kind == "kept" else steps}
        settings = SETTINGS | saves | {"max_steps": steps, "eval_steps": steps}
        run = make_run(Path(place), model, example_rows(), **settings)
        command = [sys.executable, "-m", "tests.bench.overhead", "--one", kind, str(run.path)]
        env = engine_environment() | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        if done.returncode or not lines:
            raise SystemExit(f"{kind} failed:\n{done.stderr[-4000:]}")
        told: dict[str, float] = json.loads(lines[-1].removeprefix("RESULT "))
        return told


def one(kind: str, run: str) -> int:
    """Be the engine of a run, and print its times; of the kind bare without writing an event."""
    from studio.core.events import CheckpointCommitted, StateChanged, StepDone
    from studio.engine import train
    from studio.engine.emit import EventLog

    write = EventLog.emit
    clocks: list[tuple[float, float]] = []
    saves: list[int] = []

    def emit(log: EventLog, event: Any) -> None:
        if kind == "kept":
            write(log, event)
        else:
            for listener in log.listeners:
                listener(event)
        if isinstance(event, StepDone) or (
            isinstance(event, StateChanged) and event.state == "training" and not clocks
        ):
            clocks.append((time.monotonic(), cpu_seconds()))
        elif isinstance(event, CheckpointCommitted):
            saves.append(event.step)

    EventLog.emit = emit  # type: ignore[method-assign]
    code = train.main([run])
    steps = len(clocks) - 1
    (wall, cpu), (wall_end, cpu_end) = clocks[0], clocks[-1]
    times = {"wall": (wall_end - wall) / steps, "cpu": (cpu_end - cpu) / steps}
    sys.stdout.write("\nRESULT " + json.dumps(times | {"saves": len(saves)}) + "\n")
    return code


def cpu_seconds() -> float:
    """Return the processor's time of this process, in and for its code."""
    told = os.times()
    return told.user + told.system


def example_rows() -> list[tuple[str, str, str, str]]:
    """Return the rows of the example as (split, instruction, input, output)."""
    text = resource("datasets", "hotel-concierge", "train.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    splits = ["validation"] * VALIDATION + ["train"] * (len(rows) - VALIDATION)
    return [
        (split, row["instruction"], row.get("input") or "", row["output"])
        for split, row in zip(splits, rows, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())

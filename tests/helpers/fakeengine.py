"""An engine without torch: a real process that holds a run's lock and writes its events.

``python -m tests.helpers.fakeengine RUN_DIR [--steps N] [--pace S] [--mode MODE]``; it obeys
control.jsonl as the real one does. Modes: done, failed, diverged, oom, silent (never says a word),
deaf (does not obey), hang (stops saying anything after half the steps).
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.core.control import CONTROL
from studio.core.events import (
    EVENTS,
    CheckpointCommitted,
    Evaluated,
    Remark,
    RunEnded,
    RunStarted,
    StateChanged,
    StepDone,
)
from studio.core.workspace import RunFolder
from studio.machine.locks import RunLock

GIB = 1024**3
KEPT = 3
"""Newest checkpoints that stay."""
EVERY = 10
"""Steps between two evaluations, and between two checkpoints."""


def fake_command(*options: str) -> Callable[[RunFolder], Sequence[str]]:
    """Return what a TrainingThread takes as its command, for this engine with options."""

    def command(folder: RunFolder) -> Sequence[str]:
        return [sys.executable, "-m", "tests.helpers.fakeengine", str(folder.path), *options]

    return command


def fake_loss(step: int, chance: random.Random) -> float:
    """Return a loss that falls as a real one does."""
    return 0.8 + 2.3 * math.exp(-step / 40) + chance.gauss(0, 0.09)


class FakeEngine:
    """Writes the events of one run."""

    def __init__(self, folder: RunFolder, steps: int, pace: float, mode: str) -> None:
        self._folder, self._steps, self._pace, self._mode = folder, steps, pace, mode
        self._events = folder.events.open("ab")
        self._control = folder.control.open("ab+")
        self._control.seek(0, 2)
        self._first = self._last_checkpoint()

    def run(self) -> int:
        self._say(
            RunStarted(
                run=self._folder.id,
                total_steps=self._steps,
                pid=0,
                device="cpu Made-up Processor",
                precision="bf16",
                quantization="nf4",
                trainable_parameters=4_884_480,
                total_parameters=134_515_008,
                train_rows=264,
                validation_rows=40,
                resumed_from=self._first,
                predicted_peak_bytes=round(1.9 * GIB),
                time=time.time(),
            )
        )
        self._say(StateChanged(state="loading", detail="Rendering 264 rows"))
        if not self._first:
            self._say(Evaluated(step=0, target_loss=3.1, rows=40, tokens=1800, time=time.time()))
        for step in range(self._first + 1, self._steps + 1):
            outcome = self._step(step)
            if outcome:
                return self._end(outcome, step)
        return self._end("done", self._steps)

    def _step(self, step: int) -> str:
        chance = random.Random(step)
        time.sleep(self._pace)
        bad = self._mode == "diverged" and step == self._steps // 2
        self._say(
            StepDone(
                step=step,
                loss=math.nan if bad else fake_loss(step, chance),
                learning_rate=2e-4
                * min(step / 5, 1)
                * 0.5
                * (1 + math.cos(math.pi * step / self._steps)),
                grad_norm=math.nan
                if bad
                else 0.4 + 0.6 * math.exp(-step / 9) + abs(chance.gauss(0, 0.05)),
                tokens=chance.randint(500, 700),
                trained_tokens=220,
                seconds=max(self._pace, 0.9),
                memory_bytes=round((1.4 + 0.4 * min(step / 20, 1)) * GIB),
                time=time.time(),
            )
        )
        if self._mode in ("diverged", "failed", "oom") and step == self._steps // 2:
            return {"diverged": "diverged", "failed": "failed", "oom": "out_of_memory"}[self._mode]
        while self._mode == "hang" and step == self._steps // 2:
            time.sleep(0.05)
        if step % EVERY == 0 or step == self._steps:
            self._measure(step, chance)
        return self._wishes(step)

    def _measure(self, step: int, chance: random.Random) -> None:
        loss = 0.92 + 2.18 * math.exp(-step / 45) + chance.gauss(0, 0.01)
        self._say(Evaluated(step=step, target_loss=loss, rows=40, tokens=1800, time=time.time()))
        if step % (2 * EVERY) == 0 or step == self._steps:
            self._commit(step)

    def _commit(self, step: int) -> None:
        self._folder.checkpoint(step).mkdir(parents=True, exist_ok=True)
        for old in sorted(self._folder.checkpoints.glob("step-*"))[:-KEPT]:
            old.rmdir()
        path = f"checkpoints/{self._folder.checkpoint(step).name}"
        self._say(
            CheckpointCommitted(step=step, path=path, size_bytes=58_000_000, time=time.time())
        )

    def _wishes(self, step: int) -> str:
        if self._mode == "deaf":
            self._control.read()
            return ""
        for line in self._control.read().splitlines():
            kind = type(CONTROL.decode(line)).__name__
            self._say(Remark(code="asked", summary=f"{kind}.", step=step))
            self._commit(step)
            if kind != "SaveAsked":
                return {"StopAsked": "stopped", "PauseAsked": "paused"}[kind]
        return ""

    def _end(self, outcome: str, step: int) -> int:
        kept = outcome in ("done", "stopped")
        if kept:
            self._folder.adapter.mkdir(exist_ok=True)
            (self._folder.adapter / "adapter_config.json").write_text("{}")
        summary, hint = {
            "failed": ("The run stopped: the disk is full.", "Free 212 MB, then resume."),
            "diverged": (f"The loss was not a number at step {step}.", "Halve the learning rate."),
            "out_of_memory": (
                f"Ran out of memory at step {step}.",
                "Shorten the rows to 256 tokens.",
            ),
        }.get(outcome, ("", ""))
        self._say(
            RunEnded(
                outcome=outcome,
                run=self._folder.id,
                step=step,
                summary=summary,
                hint=hint,
                details="Traceback: made up" if summary else "",
                adapter="adapter" if kept else "",
                measured_peak_bytes=round(1.82 * GIB),
                seconds=step * 0.9,
                time=time.time(),
            )
        )
        return 0 if not summary else 1

    def _last_checkpoint(self) -> int:
        found = [int(p.name[5:]) for p in self._folder.checkpoints.glob("step-*")]
        return max(found, default=0)

    def _say(self, event: object) -> None:
        self._events.write(EVENTS.encode(event))
        self._events.flush()


def main(argv: Sequence[str]) -> int:
    """Work on a run until it ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--pace", type=float, default=0.0)
    parser.add_argument("--mode", default="done")
    args = parser.parse_args(argv)
    folder = RunFolder(args.run)
    with RunLock(folder.lock).hold():
        if args.mode == "silent":
            return 3
        print("made-up engine at work", flush=True)
        return FakeEngine(folder, args.steps, args.pace, args.mode).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

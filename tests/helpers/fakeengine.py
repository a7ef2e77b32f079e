"""An engine without torch: a real process that holds a run's lock and writes its events.

``python -m tests.helpers.fakeengine RUN_DIR [--steps N] [--pace S] [--mode MODE] [--middle N]``; obeys
control.jsonl as the real one does. Modes: done, failed, diverged, oom, silent (never says a word),
deaf (does not obey), hang (stops saying anything after half the steps), unseen (waits after half the
steps until a file "seen" stands in its folder), and, after half the steps:
room (asks for room on the disk), short (runs out of memory, and goes on with a safer plan), remark
(offers to go back). Answers and a first batch come from tests.helpers.fakewords.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from studio.core.control import (
    CONTROL,
    Control,
    DiscardAsked,
    EvaluateAsked,
    PauseAsked,
    RateAsked,
    RollBackAsked,
    RoomAnswered,
    SampleAsked,
    SaveAsked,
    StopAsked,
)
from studio.core.events import (
    EVENTS,
    CheckpointCommitted,
    Evaluated,
    MemoryShort,
    PlanChanged,
    Remark,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    StateChanged,
    StepDone,
)
from studio.core.workspace import RunFolder
from studio.machine.locks import RunLock
from tests.helpers.fakewords import answers_at, first_batch

GIB = 1024**3
KEPT = 3
"""Newest checkpoints that stay."""
SEEN = "seen"
"""In a run's folder: what the mode "unseen" waits for in the middle, for so many seconds at most."""
LONGEST_UNSEEN = 60.0
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

    def __init__(
        self, folder: RunFolder, steps: int, pace: float, mode: str, middle: int = 0
    ) -> None:
        self._folder, self._steps, self._pace, self._mode = folder, steps, pace, mode
        self._middle = middle or steps // 2
        self._events = folder.events.open("ab")
        self._control = folder.control.open("ab+")
        self._control.seek(0, 2)
        self._first = self._last_checkpoint()
        self._prompts: list[str] = []
        self._met = False

    def run(self) -> int:
        self._start(self._first)
        if not self._first:
            self._say(first_batch())
            self._say(Evaluated(step=0, target_loss=3.1, rows=40, tokens=1800, time=time.time()))
            self._say(answers_at(0, self._prompts))
        step = self._first
        while step < self._steps:
            step += 1
            outcome = self._step(step)
            if outcome == "back":
                step = self._first
            elif outcome:
                return self._end(outcome, step)
        return self._end("done", self._steps)

    def _start(self, first: int) -> None:
        self._first = first
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
                resumed_from=first,
                predicted_peak_bytes=round(1.9 * GIB),
                time=time.time(),
            )
        )
        self._say(StateChanged(state="loading", detail="Rendering 264 rows"))

    def _step(self, step: int) -> str:
        chance = random.Random(step)
        time.sleep(self._pace)
        bad = self._mode == "diverged" and step == self._middle
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
        if self._mode in ("diverged", "failed", "oom") and step == self._middle:
            return {"diverged": "diverged", "failed": "failed", "oom": "out_of_memory"}[self._mode]
        while self._mode == "hang" and step == self._middle:
            time.sleep(0.05)
        longest = time.monotonic() + LONGEST_UNSEEN
        while self._mode == "unseen" and step == self._middle and time.monotonic() < longest:
            if (self._folder.path / SEEN).exists():
                break
            time.sleep(0.02)
        if step % EVERY == 0 or step == self._steps:
            self._measure(step, chance)
        if step == self._middle and not self._met:
            self._met = True
            outcome = self._trouble(step)
            if outcome:
                return outcome
        return self._wishes(step)

    def _trouble(self, step: int) -> str:
        """Tell what the mode wants told in the middle; return how it ends, or "back"."""
        back = self._last_checkpoint()
        if self._mode == "short":
            short = MemoryShort(
                step=step, where="training", summary="Memory ran out.", free_bytes=GIB // 8
            )
            self._say(short)
            changes = {"micro_batch": 2, "grad_accum": 2}
            self._say(PlanChanged(step=back, changes=changes, reason="Memory ran out."))
            self._start(back)
            return "back"
        if self._mode == "room":
            return self._wait_for_room(step)
        if self._mode == "remark":
            self._say(
                Remark(
                    code="spike",
                    summary=f"The loss jumped from 0.91 to 6.20 at step {step}.",
                    hint="A rate that is too high does that.",
                    step=step,
                    action=f"roll_back:{back}",
                )
            )
        return ""

    def _wait_for_room(self, step: int) -> str:
        wanted = RoomWanted(
            step=step,
            folder=str(self._folder.checkpoints),
            needed_bytes=212_000_000,
            free_bytes=34_000_000,
        )
        self._say(wanted)
        while True:
            time.sleep(0.02)
            for wish in self._heard():
                if isinstance(wish, RoomAnswered) and wish.answer == "stop":
                    return "stopped"
                if isinstance(wish, RoomAnswered) and wish.answer == "folder":
                    self._commit(step)
                    return ""
                self._say(wanted)

    def _measure(self, step: int, chance: random.Random) -> None:
        loss = 0.92 + 2.18 * math.exp(-step / 45) + chance.gauss(0, 0.01)
        self._say(Evaluated(step=step, target_loss=loss, rows=40, tokens=1800, time=time.time()))
        if step % (2 * EVERY) == 0 or step == self._steps:
            self._commit(step)

    def _commit(self, step: int) -> None:
        adapter = self._folder.checkpoint(step)
        adapter.mkdir(parents=True, exist_ok=True)
        (adapter / "adapter_config.json").write_text("{}")
        for old in sorted(self._folder.checkpoints.glob("step-*"))[:-KEPT]:
            shutil.rmtree(old)
        path = f"checkpoints/{self._folder.checkpoint(step).name}"
        self._say(
            CheckpointCommitted(step=step, path=path, size_bytes=58_000_000, time=time.time())
        )
        self._say(answers_at(step, self._prompts))

    def _heard(self) -> list[Control]:
        return [CONTROL.decode(line) for line in self._control.read().splitlines()]

    def _wishes(self, step: int) -> str:
        if self._mode == "deaf":
            self._control.read()
            return ""
        for wish in self._heard():
            outcome = self._obey(wish, step)
            if outcome:
                return outcome
        return ""

    def _obey(self, wish: Control, step: int) -> str:
        match wish:
            case StopAsked() | PauseAsked():
                self._commit(step)
                return "stopped" if isinstance(wish, StopAsked) else "paused"
            case DiscardAsked():
                return "discarded"
            case SaveAsked():
                self._say(Remark(code="asked", summary="A checkpoint was asked for.", step=step))
                self._commit(step)
            case EvaluateAsked():
                self._say(Evaluated(step=step, target_loss=fake_loss(step, random.Random(step))))
            case SampleAsked(prompt=prompt):
                self._prompts += [prompt] if prompt else []
                self._say(answers_at(step, self._prompts))
            case RateAsked(learning_rate=rate):
                changes = {"learning_rate": rate}
                self._say(PlanChanged(step=step, changes=changes, reason="you asked for it"))
            case RollBackAsked(step=back, learning_rate=rate):
                for folder in self._folder.checkpoints.glob("step-*"):
                    if int(folder.name[5:]) > back:
                        shutil.rmtree(folder)
                self._say(
                    RolledBack(
                        step=step, to_step=back, reason="you asked for it", learning_rate=rate
                    )
                )
                self._start(back)
                return "back"
        return ""

    def _end(self, outcome: str, step: int) -> int:
        kept = outcome in ("done", "stopped")
        outcome = "stopped" if outcome == "discarded" else outcome
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
    parser.add_argument("--middle", type=int, default=0, help="the step of what the mode does")
    args = parser.parse_args(argv)
    folder = RunFolder(args.run)
    with RunLock(folder.lock).hold():
        if args.mode == "silent":
            return 3
        print("made-up engine at work", flush=True)
        return FakeEngine(folder, args.steps, args.pace, args.mode, args.middle).run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

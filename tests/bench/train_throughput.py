"""Training speed and losses of the studio's engine beside a bare TRL script on the same job.

Usage: python tests/bench/train_throughput.py MODEL_FOLDER ROWS.json [--parity]

The job: the first 48 rows once, 12 steps of 4, at most 512 tokens, QLoRA (NF4, double
quantisation, rank 16 on all linear layers), constant rate. Speed is non-padding tokens over the
wall time of the training loop; runs are interleaved, each in a process of its own.

With --parity both train in fp32 without quantisation on the same batches in the same order, and
the losses of every step are compared.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ROWS, MICRO_BATCH, MAX_TOKENS, RANK, RATE, SEED = 48, 4, 512, 16, 2e-4, 1
PARITY_STEPS, PARITY_LIMIT = 6, 1e-3


def main() -> int:
    """Run what is asked, print a table; 1 if the losses differ too much."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--parity", action="store_true")
    parser.add_argument("--one", choices=("ours", "trl"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        measure = {"ours": run_ours, "trl": run_trl}[args.one]
        result = measure(args.model, args.rows, parity=args.parity)
        sys.stdout.write("\nRESULT " + json.dumps(result) + "\n")
        return 0
    return compare_losses(args) if args.parity else compare_speeds(args)


def compare_speeds(args: argparse.Namespace) -> int:
    """Measure both, ABBA, and print tokens per second and their ratio."""
    speeds: dict[str, list[float]] = {"trl": [], "ours": []}
    print(f"{'':6}{'tokens':>9}{'seconds':>10}{'tokens/s':>10}{'CPU s':>9}")
    for i in range(args.repeats):
        for name in ("trl", "ours") if i % 2 == 0 else ("ours", "trl"):
            found = in_child(name, args)
            speeds[name].append(found["tokens"] / found["seconds"])
            print(
                f"{name:6}{found['tokens']:9.0f}{found['seconds']:10.1f}{speeds[name][-1]:10.1f}"
                f"{found['cpu']:9.1f}",
                flush=True,
            )
    medians = {name: statistics.median(found) for name, found in speeds.items()}
    print(f"ratio {medians['ours'] / medians['trl']:.2f}  (medians; more than 1: ours is faster)")
    return 0


def compare_losses(args: argparse.Namespace) -> int:
    """Print the losses of both at each step and their difference."""
    ours, trl = (in_child(name, args)["losses"] for name in ("ours", "trl"))
    worst = 0.0
    print(f"{'step':>4}{'ours':>12}{'trl':>12}{'difference':>14}")
    for step, (a, b) in enumerate(zip(ours, trl, strict=True), 1):
        worst = max(worst, abs(a - b))
        print(f"{step:4}{a:12.6f}{b:12.6f}{a - b:14.2e}")
    print(f"largest difference {worst:.2e}, allowed {PARITY_LIMIT:g}")
    return int(worst > PARITY_LIMIT)


def in_child(name: str, args: argparse.Namespace) -> dict[str, Any]:
    """Measure one of the two in a process of its own."""
    command = [sys.executable, __file__, str(args.model), str(args.rows), "--one", name]
    command += ["--parity"] if args.parity else []
    env = os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not lines:
        raise SystemExit(f"{name} failed:\n{done.stderr[-4000:]}")
    return json.loads(lines[-1].removeprefix("RESULT "))


def read_rows(path: Path) -> list[tuple[str, str, str, str]]:
    """Return the job's rows as (split, instruction, input, output)."""
    rows = json.loads(path.read_text(encoding="utf-8"))[:ROWS]
    return [("train", r["instruction"], r.get("input") or "", r["output"]) for r in rows]


def recipe_settings(*, parity: bool) -> dict[str, Any]:
    """Return the job as a recipe's settings."""
    return {
        "device": "cpu",
        "rank": RANK,
        "alpha": 2 * RANK,
        "learning_rate": RATE,
        "scheduler": "constant",
        "warmup_steps": 0,
        "max_tokens": MAX_TOKENS,
        "micro_batch": MICRO_BATCH,
        "seed": SEED,
        "max_steps": PARITY_STEPS if parity else ROWS // MICRO_BATCH,
        "save_steps": 1000,
        "eval_steps": 1000,
    } | ({"quantization": "none", "precision": "fp32"} if parity else {})


def run_ours(model: Path, rows: Path, *, parity: bool) -> dict[str, Any]:
    """Train with the engine as the studio starts it; read its events."""
    from studio.core.events import RunEnded, StateChanged, StepDone
    from studio.machine.enginecommand import engine_command, engine_environment
    from tests.helpers.runfolders import events_of, make_run

    with tempfile.TemporaryDirectory() as place:
        run = make_run(Path(place), model, read_rows(rows), **recipe_settings(parity=parity))
        command = engine_command("train", str(run.path))
        process = subprocess.Popen(command, env=engine_environment(), stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told = events_of(run)
    ended = told[-1]
    if not isinstance(ended, RunEnded) or ended.outcome != "done":
        raise SystemExit(f"the run did not end well: {ended}")
    start = next(e.time for e in told if isinstance(e, StateChanged) and e.state == "training")
    steps = [e for e in told if isinstance(e, StepDone)]
    return {
        "tokens": sum(e.tokens for e in steps),
        "seconds": steps[-1].time - start,
        "cpu": usage.ru_utime + usage.ru_stime,
        "losses": [e.loss for e in steps],
    }


def run_trl(model: Path, rows: Path, *, parity: bool) -> dict[str, Any]:
    """Train with TRL's SFTTrainer at its own defaults but for the job's settings."""
    import time

    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    from studio.core.recipe import Recipe
    from studio.engine.branches import attach_branch
    from studio.engine.load import load_base

    recipe = Recipe(model=str(model), **recipe_settings(parity=parity))
    base = load_base(model, recipe)  # also keeps the 4-bit layers from losing their gradients
    data = read_rows(rows)
    dataset = Dataset.from_list(as_trained(model, data) if parity else as_messages(data))
    with tempfile.TemporaryDirectory() as place:
        settings = SFTConfig(
            output_dir=place,
            per_device_train_batch_size=MICRO_BATCH,
            max_steps=recipe.max_steps,
            learning_rate=RATE,
            lr_scheduler_type="constant",
            max_length=MAX_TOKENS,
            bf16=not parity,
            use_cpu=True,
            seed=SEED,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        if parity:
            settings.train_sampling_strategy = "sequential"
        trainer = SFTTrainer(
            model=attach_branch(base.model, recipe),
            args=settings,
            train_dataset=dataset,
            processing_class=AutoTokenizer.from_pretrained(model),
        )
        if not parity:  # as TRL does with a branch of its own making
            for parameter in trainer.model.parameters():
                if parameter.requires_grad:
                    parameter.data = parameter.data.to(torch.bfloat16)
        start, cpu = time.perf_counter(), time.process_time()
        trainer.train()
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    log = [entry for entry in trainer.state.log_history if "loss" in entry]
    return {
        "tokens": float(log[-1]["num_tokens"]),
        "seconds": seconds,
        "cpu": cpu,
        "losses": [float(entry["loss"]) for entry in log],
    }


def as_messages(data: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """Return the rows as a script would give them to TRL."""
    return [
        {
            "prompt": [{"role": "user", "content": f"{ask}\n{text}" if text else ask}],
            "completion": [{"role": "assistant", "content": answer}],
        }
        for _, ask, text, answer in data
    ]


def as_trained(model: Path, data: list[tuple[str, str, str, str]]) -> list[dict[str, Any]]:
    """Return the rows as tokens and labels, in the order in which the studio's plan takes them.

    From messages, TRL also trains the line break that the template writes after the end of a turn.
    """
    from studio.core.batchplan import plan_epoch
    from studio.core.example import TokenState, Triple
    from studio.engine.render import Renderer

    renderer = Renderer(model)
    rendered = [renderer.row(Triple(*row[1:]), MAX_TOKENS) for row in data]
    trained = (TokenState.TRAINED, TokenState.END)
    rows = [
        {
            "input_ids": row.ids[:MAX_TOKENS],
            "labels": [
                i if state in trained else -100
                for i, state in zip(row.ids[:MAX_TOKENS], row.states, strict=False)
            ],
        }
        for row in rendered
    ]
    lengths = [len(row["input_ids"]) for row in rows]
    plan = plan_epoch(lengths, seed=SEED, epoch=0, micro_batch=MICRO_BATCH, grad_accum=1)
    return [rows[i] for step in plan for batch in step for i in batch]


if __name__ == "__main__":
    sys.exit(main())

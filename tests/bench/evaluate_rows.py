"""Held-out rows answered in length-sorted batches, against one prompt after the other.

python -m tests.bench.evaluate_rows MODEL DATASET [--adapter DIR] [--rows 200] [--new-tokens 64]
    [--split test] [--only speed|answers]

Both sides run in one process on one model as evaluations hold it (NF4), by turns, a part of the
rows at a time; both write the same number of tokens at most. Then, in fp32 without quantisation,
the answers of both ways are compared. Each part is told as soon as it is done.
"""

from __future__ import annotations

import argparse
import gc
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from studio.core.evaluation import ColumnSpec, EvaluationSetup
from studio.data.evaluationrows import draw_rows
from studio.engine.adapterfile import AdapterFile, read_adapter
from studio.engine.batchanswers import Way, batch_answers, length_sorted
from studio.engine.columnwork import MOST_ROWS
from studio.engine.evaluationcolumns import Resident
from studio.engine.render import Renderer
from studio.engine.sampling import Sampler
from studio.machine.enginecommand import engine_environment

_INSIDE = "GRAFT_BENCH_INSIDE"
_PARTS = 4
AIM = 2.5
"""Times the tokens a second of one-by-one generation, on a CPU."""


def main() -> None:
    """Print the ratio of tokens a second, and whether the answers are the same."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--adapter", type=Path)
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--split", default="test")
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--only", choices=["speed", "answers"], help="one half of it")
    args = parser.parse_args()
    if os.environ.get(_INSIDE) != "1":  # again, in the environment of an engine
        environment = engine_environment() | {_INSIDE: "1"}
        command = [sys.executable, "-m", "tests.bench.evaluate_rows", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=environment).returncode)
    setup = EvaluationSetup(
        dataset=str(args.dataset),
        model=str(args.model),
        columns=(ColumnSpec("base"),),
        split=args.split,
        limit=args.rows,
    )
    renderer = Renderer(args.model)
    rows, _ = draw_rows(setup)
    prompts = [
        renderer.prompt_ids([{"role": role, "content": text} for role, text in row.turns])
        for row in rows
    ]
    adapter = read_adapter(args.adapter) if args.adapter else None
    way = Way(Sampler(), args.new_tokens, renderer.stop_ids, 1 << 20)
    for exact in (False, True):
        if args.only and exact != (args.only == "answers"):
            continue
        numbers = {"quantization": "none", "precision": "fp32"} if exact else {}
        settings = {name: getattr(setup, name) for name in ("dataset", "model", "columns")}
        _measure(EvaluationSetup(**settings, **numbers), adapter, prompts, way, exact)
        gc.collect()


def _measure(
    setup: EvaluationSetup, adapter: AdapterFile | None, prompts: list[Any], way: Way, exact: bool
) -> None:
    resident = Resident(setup, prompts[0])
    base = resident.base
    size = MOST_ROWS[base.device.split(":")[0]]
    spent, tokens = {"batches": 0.0, "one by one": 0.0}, {"batches": 0, "one by one": 0}
    found: dict[str, dict[int, list[int]]] = {"batches": {}, "one by one": {}}
    order = [at for batch in length_sorted([len(p) for p in prompts], lambda _: 1) for at in batch]
    parts = [order[at::_PARTS] for at in range(_PARTS)]
    with resident.column(adapter) as model:
        list(batch_answers(model, prompts[:2], way, lambda: False))  # warm
        for turn, part in enumerate(parts):
            for side in sorted(spent, reverse=bool(turn % 2)):
                start = time.perf_counter()
                lengths = [len(prompts[at]) for at in part]
                most = size if side == "batches" else 1
                for batch in length_sorted(lengths, lambda _, most=most: most):
                    asked = [prompts[part[at]] for at in batch]
                    for answer in batch_answers(model, asked, way, lambda: False):
                        found[side][part[batch[answer.place]]] = answer.tokens
                        tokens[side] += len(answer.tokens)
                spent[side] += time.perf_counter() - start
            same = sum(found["batches"][at] == found["one by one"][at] for at in part)
            told = ", ".join(f"{side} {seconds:.0f} s" for side, seconds in spent.items())
            print(
                f"part {turn + 1} of {_PARTS}: {same} of {len(part)} the same; {told}", flush=True
            )
    speeds = {side: tokens[side] / spent[side] for side in spent}
    same = sum(found["batches"][at] == found["one by one"][at] for at in range(len(prompts)))
    print(
        f"{base.device_title}, {base.quantization}, {base.precision}, {len(prompts)} rows, "
        f"{size} at a time: {_told(speeds, exact)}; the same answer in {same} of {len(prompts)} rows"
        + ("" if exact else " (near-ties may flip)"),
        flush=True,
    )


def _told(speeds: dict[str, float], exact: bool) -> str:
    ratio = speeds["batches"] / speeds["one by one"]
    kept = "kept" if ratio >= AIM else "missed"
    aim = "" if exact else f" (aim: at least {AIM}, {kept})"
    together, alone = speeds.values()
    return f"{together:.1f} against {alone:.1f} tokens/s, ratio {ratio:.2f}{aim}"


if __name__ == "__main__":
    main()

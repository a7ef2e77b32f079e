"""The estimate against the tensors of real training steps on the processor.

``python -m tests.bench.estimate_cpu MODEL_FOLDER [--only NUMBER ...]`` runs a step of each of twelve
configurations and prints the most bytes of tensors that were alive in it beside the estimate's. Each
configuration is measured in a process of its own, which gives its memory back; a model of 135M takes about
half a minute for each of them on one quiet core.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from studio.core.memory import estimate_memory
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe
from studio.machine.models import inspect_model
from tests.bench.estimate_grid import UNSEEN

BATCHES = ((64, 4), (256, 1), (384, 2))
"""Tokens of a row, and rows: long enough that attention goes block by block, short enough to wait."""


def measured(folder: Path, recipe: Recipe, precision: str) -> int:
    """Return the most bytes of tensors of a real step, weights included, optimizer not."""
    import torch

    from studio.engine.branches import attach_branch
    from studio.engine.load import load_base
    from studio.engine.loss import train_on_supervised_tokens
    from studio.engine.lowrank import join_branches
    from studio.engine.storagemeter import StorageMeter

    with StorageMeter() as meter:
        base = load_base(folder, recipe.replace(precision=precision))
        model = attach_branch(base.model, recipe)
        train_on_supervised_tokens(base.model)
        join_branches(model)
        if recipe.checkpointing == "on":
            base.model.gradient_checkpointing_enable({"use_reentrant": False})
            base.model.enable_input_require_grads()
        model.train()
        warm = torch.randint(3, 400, (1, 4))
        model(input_ids=warm, labels=warm).loss.backward()  # makes what is made once
        model.zero_grad()
        ids = torch.randint(3, 400, (recipe.micro_batch, recipe.max_tokens))
        meter.restart()
        model(input_ids=ids, labels=ids).loss.backward()
        return int(meter.peak)


def configurations() -> list[tuple[Recipe, str]]:
    """Return the recipes, with the precision each computes in."""
    ways = itertools.product(("nf4", "none"), ("on", "off"), BATCHES)
    return [
        (
            Recipe(
                model="m",
                dataset="d",
                quantization=quantization,
                checkpointing=checkpointing,
                max_tokens=length,
                micro_batch=rows,
                grad_accum=1,
                device="cpu",
                precision=("fp32", "bf16")[number % 2],
            ),
            ("fp32", "bf16")[number % 2],
        )
        for number, (quantization, checkpointing, (length, rows)) in enumerate(ways)
    ]


def judged(folder: Path, shape: ModelShape, number: int) -> float:
    """Measure a configuration, print it, and return how far the estimate is off, as a share."""
    recipe, precision = configurations()[number]
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        peak = pool.submit(measured, folder, recipe, precision).result()
    parts = estimate_memory(shape, recipe, "cpu").parts
    known = sum(size for name, size in parts.items() if name not in UNSEEN)
    print(
        f"{recipe.quantization:5} {recipe.checkpointing:4} {recipe.micro_batch:>3} × "
        f"{recipe.max_tokens:<5} {precision:>9} {peak / 2**20:13.0f} {known / 2**20:9.0f} "
        f"{known / peak - 1:+7.1%}",
        flush=True,
    )
    return known / peak - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--only", type=int, nargs="*", metavar="NUMBER", help="from 0 to 11")
    args = parser.parse_args()
    shape = inspect_model(args.model).shape
    print("base  ckpt     batch  precision  measured MiB  estimate   error")
    chosen = args.only if args.only is not None else range(len(configurations()))
    errors = [judged(args.model, shape, number) for number in chosen]
    mean, worst = sum(map(abs, errors)) / len(errors), max(errors, key=abs)
    print(f"{len(errors)} configurations: mean {mean:.1%}, worst {worst:+.1%}")


if __name__ == "__main__":
    main()

"""The estimate against the tensors of real training steps on the processor.

``python -m tests.bench.estimate_cpu MODEL_FOLDER`` runs two steps of each of twelve configurations and
prints the most bytes of tensors that were alive in the second beside the estimate's.
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path

from studio.core.memory import estimate_memory
from studio.core.recipe import Recipe
from studio.machine.models import inspect_model
from tests.bench.estimate_grid import UNSEEN

BATCHES = ((256, 4), (512, 1), (1024, 2))


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
        ids = torch.randint(3, 400, (recipe.micro_batch, recipe.max_tokens))
        for _ in range(2):
            model.zero_grad()
            meter.restart()
            model(input_ids=ids, labels=ids).loss.backward()
        return meter.peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path)
    args = parser.parse_args()
    shape, errors = inspect_model(args.model).shape, []
    print("base  ckpt     batch  precision  measured MiB  estimate   error")
    ways = itertools.product(("nf4", "none"), ("on", "off"), BATCHES)
    for number, (quantization, checkpointing, (length, rows)) in enumerate(ways):
        precision = ("fp32", "bf16")[number % 2]
        recipe = Recipe(
            model="m",
            dataset="d",
            quantization=quantization,
            checkpointing=checkpointing,
            max_tokens=length,
            micro_batch=rows,
            grad_accum=1,
            device="cpu",
            precision=precision,
        )
        peak = measured(args.model, recipe, precision)
        parts = estimate_memory(shape, recipe, "cpu").parts
        known = sum(size for name, size in parts.items() if name not in UNSEEN)
        errors.append(known / peak - 1)
        print(
            f"{quantization:5} {checkpointing:4} {rows:>3} × {length:<5} {precision:>9}"
            f" {peak / 2**20:13.0f} {known / 2**20:9.0f} {errors[-1]:+7.1%}",
            flush=True,
        )
    mean, worst = sum(map(abs, errors)) / len(errors), max(errors, key=abs)
    print(f"{len(errors)} configurations: mean {mean:.1%}, worst {worst:+.1%}")


if __name__ == "__main__":
    main()

"""The estimate against the allocator of a real card; never run yet: no card was at hand.

``python -m tests.bench.estimate_cuda [--into FILE.json]`` makes the table in one go: Qwen2.5 shapes of
0.5B, 1.5B and 7B with random weights × QLoRA, LoRA and full training where it fits × rows of 512, 2,048
and 8,192 tokens × one and four rows. Each cell is a process of its own that takes two real steps; its
peak is what torch's allocator held. What is in the file already is not measured again.
``--smoke`` takes one step of a tiny shape on the processor, to see that the script itself works.
"""

from __future__ import annotations

import argparse
import itertools
import json
import subprocess
import sys
import tomllib
from pathlib import Path

from studio.core.memory import Estimate, estimate_memory, verdict
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.resources import resource
from studio.machine.devices import read_machine
from tests.helpers.modelfolders import TINY

SHAPES = {
    "0.5B": "Qwen/Qwen2.5-0.5B-Instruct",
    "1.5B": "Qwen/Qwen2.5-1.5B-Instruct",
    "7B": "Qwen/Qwen2.5-7B-Instruct",
}
METHODS = {
    "QLoRA": {"method": "lora", "quantization": "nf4"},
    "LoRA": {"method": "lora", "quantization": "none"},
    "full": {"method": "full", "quantization": "none"},
}
LENGTHS, ROWS = (512, 2048, 8192), (1, 4)
CARDS_GIB = (6, 8, 12, 16, 24, 32, 48, 80)
"""Sizes of cards for which the verdict is checked against what was measured."""
GIB = 1024**3
LIMIT_S = 900
NO_CARD = (
    "This table needs an NVIDIA card that torch can use, and there is none: nothing was measured."
)


def cells():
    """Yield (key, config, recipe) of the whole table."""
    listed = tomllib.loads(resource("models", "catalogue.toml").read_text())["models"]
    configs = {entry["id"]: entry["config"] for entry in listed}
    for size, method, length, rows in itertools.product(SHAPES, METHODS, LENGTHS, ROWS):
        recipe = recipe_of(METHODS[method], length, rows, "cuda")
        yield f"{size} {method} {rows}×{length}", configs[SHAPES[size]], recipe


def recipe_of(method, length, rows, device):
    return Recipe(
        model="m",
        dataset="d",
        **method,
        max_tokens=length,
        micro_batch=rows,
        grad_accum=1,
        checkpointing="on",
        device=device,
        precision="bf16",
    )


def allocated(estimate: Estimate) -> int:
    """Return what of an estimate torch's allocator sees: all but what CUDA holds for itself."""
    return estimate.total_bytes - estimate.parts["context"]


def take_steps(config, recipe):
    """Take two steps with random weights and return the most bytes that tensors took."""
    import torch

    from studio.engine.load import choose_device
    from studio.engine.loss import train_on_supervised_tokens
    from studio.engine.lowrank import join_branches
    from studio.engine.storagemeter import StorageMeter

    device = choose_device(recipe.device)
    on_card = device != "cpu"
    meter = StorageMeter()
    with meter if not on_card else torch.device(device):
        base, model = random_model(config, recipe, device)
        train_on_supervised_tokens(base)
        if model is not base:
            join_branches(model)
        base.gradient_checkpointing_enable({"use_reentrant": False})
        base.enable_input_require_grads()
        model.train()
        learns = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer = torch.optim.AdamW(learns, lr=1e-5)
        ids = torch.randint(3, 30, (recipe.micro_batch, recipe.max_tokens), device=device)
        for _ in range(2):
            if on_card:
                torch.cuda.reset_peak_memory_stats()
            model(input_ids=ids, labels=ids).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    return int(torch.cuda.max_memory_allocated()) if on_card else meter.peak


def random_model(config, recipe, device):
    """Return a base without meaning, quantised as the recipe says, and with its branch."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    from studio.engine.attention import attention_for
    from studio.engine.branches import attach_branch

    known = dict(config)
    settings = AutoConfig.for_model(known.pop("model_type"), **known)
    settings.use_cache = False
    with torch.device("meta"):
        base = AutoModelForCausalLM.from_config(
            settings, dtype=torch.bfloat16, attn_implementation=attention_for(config, device)
        )
    whole = recipe.method == "full"
    if recipe.quantization != "none":
        quantise(base, recipe, device)
    for module in base.modules():
        for name, weight in list(module.named_parameters(recurse=False)):
            if weight.is_meta:
                made = torch.empty(weight.shape, dtype=weight.dtype, device=device).normal_(0, 0.02)
                module.register_parameter(name, torch.nn.Parameter(made, requires_grad=whole))
    base.tie_weights()
    with torch.device(device):  # its buffers are computed, not drawn
        base.base_model.rotary_emb = type(base.base_model.rotary_emb)(settings)
    base.requires_grad_(whole)
    return base, base if whole else attach_branch(base, recipe)


def quantise(base, recipe, device):
    """Put bitsandbytes' layers with random numbers in place of the linear ones, but the head."""
    import torch
    from bitsandbytes.nn.modules import Linear4bit, Params4bit

    head = base.get_output_embeddings()
    for module in list(base.modules()):
        for name, child in list(module.named_children()):
            if not isinstance(child, torch.nn.Linear) or child is head:
                continue
            made = Linear4bit(
                child.in_features,
                child.out_features,
                bias=child.bias is not None,
                compute_dtype=torch.bfloat16,
                compress_statistics=recipe.double_quant,
                quant_type=recipe.quantization,
                device="meta",
            )
            numbers = torch.empty(child.weight.shape, dtype=torch.bfloat16, device=device)
            made.weight = Params4bit(
                numbers.normal_(0, 0.02).cpu(),
                requires_grad=False,
                quant_type=recipe.quantization,
                compress_statistics=recipe.double_quant,
                module=made,
            ).to(device)
            if made.bias is not None:
                made.bias = torch.nn.Parameter(
                    torch.zeros(child.out_features, dtype=torch.bfloat16, device=device),
                    requires_grad=False,
                )
            setattr(module, name, made)


def measured(config, recipe):
    """Take a cell's steps in a process of its own; return its bytes, or why there are none."""
    cell = json.dumps({"config": config, "recipe": recipe.to_mapping()})
    command = [sys.executable, "-m", "tests.bench.estimate_cuda", "--cell"]
    try:
        done = subprocess.run(
            command, input=cell, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return {"problem": f"took more than {LIMIT_S} s"}
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no word"]
        short = "out of memory" in done.stderr.lower()
        return {"oom": True} if short else {"problem": last[0][:200]}
    return {"bytes": int(done.stdout.strip().splitlines()[-1])}


def make_table(into: Path, card) -> None:
    """Measure what is missing, a cell at a time, and write each down at once."""
    kept = json.loads(into.read_text()) if into.is_file() else {"card": card.name, "cells": {}}
    if kept["card"] != card.name:
        sys.exit(f"{into} is of {kept['card']}; name another file with --into.")
    for key, config, recipe in cells():
        estimate = estimate_memory(shape_from_config(config), recipe, "cuda")
        if key not in kept["cells"]:
            if recipe.method == "full" and verdict(estimate, card.free_bytes) == "no":
                kept["cells"][key] = {"skipped": "full training does not fit"}
            else:
                kept["cells"][key] = measured(config, recipe)
            written = into.with_suffix(".part")
            written.write_text(json.dumps(kept, indent=1))
            written.replace(into)
        print(f"{key:22} {said(kept['cells'][key], estimate)}", flush=True)
    sum_up(kept["cells"], card)


def said(found, estimate):
    if "bytes" not in found:
        why = found.get("skipped") or found.get("problem") or "out of memory"
        return f"{'':10} {allocated(estimate) / GIB:9.2f}           {why}"
    error = allocated(estimate) / found["bytes"] - 1
    return f"{found['bytes'] / GIB:10.2f} {allocated(estimate) / GIB:9.2f}  {error:+7.1%}"


def sum_up(found, card):
    """Print the mean error, the worst under-prediction, and how often the verdict was right."""
    errors, right, judged = [], 0, 0
    for key, config, recipe in cells():
        estimate, cell = estimate_memory(shape_from_config(config), recipe, "cuda"), found[key]
        if cell.get("oom"):
            judged, right = judged + 1, right + (verdict(estimate, card.free_bytes) != "fits")
        if "bytes" not in cell:
            continue
        errors.append(allocated(estimate) / cell["bytes"] - 1)
        took = cell["bytes"] + estimate.parts["context"]
        for size in CARDS_GIB:
            word, fits = verdict(estimate, size * GIB), took <= size * GIB
            judged, right = judged + 1, right + (word == "tight" or (word == "fits") == fits)
    if not errors:
        sys.exit("No cell was measured.")
    mean = sum(map(abs, errors)) / len(errors)
    print(
        f"{len(errors)} cells on {card.name}: mean error {mean:.1%}, worst under-prediction"
        f" {-min(*errors, 0):.1%}, verdict right in {right / judged:.1%} of {judged}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=Path("estimate-cuda.json"))
    parser.add_argument("--cell", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--smoke", action="store_true", help="a tiny shape on the processor")
    args = parser.parse_args()
    if args.cell:
        cell = json.load(sys.stdin)
        print(take_steps(cell["config"], Recipe.from_mapping(cell["recipe"])))
        return
    if args.smoke:
        for name, method in METHODS.items():
            config = TINY | {"hidden_size": 64, "intermediate_size": 128, "vocab_size": 512}
            found = measured(config, recipe_of(method, 64, 2, "cpu"))
            print(name, found)
        return
    card = read_machine().gpu
    if card is None:
        sys.exit(NO_CARD)
    print("cell                    allocated  estimate    error   (GiB)")
    make_table(args.into, card)


if __name__ == "__main__":
    main()

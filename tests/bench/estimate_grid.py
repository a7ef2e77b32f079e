"""The estimate against the trace, over families, sizes, methods, lengths and checkpointing.

``python -m tests.bench.estimate_grid [--families llama,qwen3] [--device cuda|cpu]`` prints a row for
each configuration and the mean and the worst error. The trace counts tensors, so the estimate's
workspaces, context and optimizer states, which it does not see, stay out on both sides.
"""

from __future__ import annotations

import argparse
import itertools
import time
import tomllib

from studio.core.memory import estimate_memory
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.resources import resource

MODELS = (
    "SmolLM2-135M-Instruct",
    "Qwen2.5-0.5B-Instruct",
    "gemma-3-1b-it",
    "Llama-3.2-1B-Instruct",
    "Phi-3.5-mini-instruct",
    "Mistral-7B-Instruct-v0.3",
    "Llama-3.1-8B-Instruct",
    "Qwen3-8B",
    "gemma-2-9b-it",
    "phi-4",
    "Llama-3.3-70B-Instruct",
)
METHOD_MODELS = ("Qwen2.5-0.5B-Instruct", "Llama-3.1-8B-Instruct")
OTHER_METHODS = ("dora", "ia3", "prompt", "prefix", "layernorm", "full", "last-n")
UNSEEN = ("optimizer", "buffers", "context")


def configurations(device):
    """Yield (model name, config, recipe) of the grid."""
    listed = tomllib.loads(resource("models", "catalogue.toml").read_text())["models"]
    configs = {entry["id"].rpartition("/")[2]: entry["config"] for entry in listed}
    for config in configs.values():  # TOML has no null, and the others have no window
        config.setdefault("sliding_window", None)
    ways = itertools.product(("nf4", "none"), ("on", "off"), ((512, 4), (2048, 1), (8192, 1)))
    for name, (quantization, checkpointing, (length, rows)) in itertools.product(MODELS, ways):
        if length > configs[name]["max_position_embeddings"]:
            continue
        recipe = Recipe(
            model=name,
            dataset="d",
            quantization=quantization,
            checkpointing=checkpointing,
            max_tokens=length,
            micro_batch=rows,
            grad_accum=1,
            device=device,
        )
        yield name, configs[name], recipe
    ways = itertools.product(METHOD_MODELS, OTHER_METHODS, ("on", "off"))
    for name, method, checkpointing in ways:
        if (method, checkpointing) == ("prefix", "on"):
            continue  # the two do not go together
        recipe = Recipe(
            model=name,
            dataset="d",
            method=method,
            quantization="none",
            checkpointing=checkpointing,
            max_tokens=2048,
            micro_batch=1,
            grad_accum=1,
            device=device,
        )
        yield name, configs[name], recipe


def compared(config, recipe, device):
    """Return traced and estimated bytes, and the seconds of the trace."""
    from studio.engine.trace import StepShape, trace_step

    precision = "bf16" if device == "cuda" else "fp32"
    step = StepShape(
        device=device,
        precision=precision,
        length=recipe.max_tokens,
        recompute=recipe.checkpointing == "on",
    )
    start = time.perf_counter()
    traced = trace_step(config, recipe, step)
    seconds = time.perf_counter() - start
    parts = estimate_memory(shape_from_config(config), recipe, device).parts
    return traced, sum(size for name, size in parts.items() if name not in UNSEEN), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--models", default=",".join(MODELS))
    args = parser.parse_args()
    rows, errors, times = [], [], []
    print(
        "model                        base      ckpt     batch   traced estimate   error     s   (GiB)"
    )
    for name, config, recipe in configurations(args.device):
        if name not in args.models.split(","):
            continue
        traced, estimated, seconds = compared(config, recipe, args.device)
        errors.append(estimated / traced.peak - 1)
        times.append(seconds)
        rows.append(
            (
                name,
                recipe.quantization if recipe.method == "lora" else recipe.method,
                recipe.checkpointing,
                f"{recipe.micro_batch} × {recipe.max_tokens}",
                f"{traced.peak / 2**30:.2f}",
                f"{estimated / 2**30:.2f}",
                f"{errors[-1]:+.1%}",
                f"{seconds:.1f}",
            )
        )
        print("{:28} {:9} {:4} {:>9} {:>8} {:>8} {:>7} {:>5}".format(*rows[-1]), flush=True)
    mean = sum(map(abs, errors)) / len(errors)
    worst = max(errors, key=abs)
    print(f"{len(errors)} configurations: mean {mean:.1%}, worst {worst:+.1%};", end=" ")
    print(
        f"a trace takes {sorted(times)[len(times) // 2]:.1f} s (median), {max(times):.1f} s at most"
    )


if __name__ == "__main__":
    main()

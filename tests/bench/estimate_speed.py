"""How long one memory estimate takes, in microseconds; `python -m tests.bench.estimate_speed`."""

from __future__ import annotations

import statistics
import time

from studio.core.memory import estimate_memory
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe
from studio.core.units import GIB
from studio.core.waysout import ways_out
from tests.helpers.modelfolders import LLAMA3_8B, SMOLLM2

ROUNDS, CALLS = 9, 200


def microseconds(act) -> tuple[float, float, float]:
    """Return the median, least and most of the rounds, each over CALLS calls."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            act()
        times.append((time.perf_counter() - start) / CALLS * 1e6)
    return statistics.median(times), min(times), max(times)


def main() -> None:
    llama, smol = shape_from_config(LLAMA3_8B), shape_from_config(SMOLLM2)
    large = Recipe(micro_batch=4, grad_accum=4, max_tokens=4096)
    cases = {
        "estimate, Llama 3 8B, QLoRA, card": lambda: estimate_memory(llama, Recipe(), "cuda"),
        "estimate, SmolLM2 135M, processor": lambda: estimate_memory(smol, Recipe(), "cpu"),
        "ways out of a run that does not fit": lambda: ways_out(llama, large, "cuda", 11 * GIB),
        "a changed recipe": lambda: large.replace(rank=32),
    }
    for name, act in cases.items():
        median, least, most = microseconds(act)
        print(f"{name:38} {median:7.0f} µs  ({least:.0f} to {most:.0f})")


if __name__ == "__main__":
    main()

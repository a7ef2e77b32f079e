"""An estimate made from a trace of the model itself, where its dimensions say too little."""

from __future__ import annotations

from studio.core.memory import CONTEXT_BYTES, PARTS, SPREAD, Estimate
from studio.core.memoryterms import OPTIMIZER_BYTES
from studio.core.recipe import Recipe
from studio.core.tracemessages import MemoryTraced
from studio.core.trained import BRANCH_BYTES, WHOLE_METHODS
from studio.core.units import MIB, count

WIDER = 2
"""A trace knows tensors and no allocator, and nobody has measured the family here."""
_FIXED = {"cuda": 40 * MIB, "cpu": 200 * MIB}
"""Workspaces of the libraries; see :func:`studio.core.memoryterms.buffers`."""


def estimate_from_trace(traced: MemoryTraced, recipe: Recipe, device: str, number: int) -> Estimate:
    """Return the predicted peak of a run whose step was traced.

    Args:
        traced: what the step would hold.
        recipe: the settings it was traced with.
        device: "cuda" or "cpu".
        number: bytes of a computed number.
    """
    found = _parts(traced, recipe, device, number)
    sizes = {name: found.get(name, (0, ""))[0] for name in PARTS}
    total, spread = sum(sizes.values()), WIDER * SPREAD[device]
    return Estimate(
        parts=sizes,
        formulas={name: found.get(name, (0, "in the weights"))[1] for name in PARTS},
        low_bytes=round(total * (1 - spread)),
        total_bytes=total,
        high_bytes=round(total * (1 + spread)),
    )


def _parts(
    traced: MemoryTraced, recipe: Recipe, device: str, number: int
) -> dict[str, tuple[int, str]]:
    """Return the bytes of each part that a trace tells of, and where they are from."""
    each = number if recipe.method in WHOLE_METHODS else BRANCH_BYTES
    added = 0 if recipe.method in WHOLE_METHODS else traced.trained * each
    learns = f"{count(traced.trained)} trained weights × {each} B"
    state_each = OPTIMIZER_BYTES.get(recipe.optimizer, 2 * each)
    state = round(traced.trained * state_each)
    kept = traced.trained * each if recipe.grad_accum > 1 else 0  # else they are in the peak
    passing = max(traced.peak_bytes - traced.resting_bytes - traced.saved_bytes, 0)
    return {
        "weights_other": (
            max(traced.resting_bytes - added, 0),
            f"{count(traced.weights)} weights, traced as the recipe stores them",
        ),
        "adapter": (added, learns if added else "trained where they are"),
        "gradients": (kept, learns if kept else f"{learns}, made while the activations go"),
        "optimizer": (state, f"{learns[: -len(f' × {each} B')]} × {state_each:.2f} B"),
        "activations": (traced.saved_bytes, "traced: what the forward pass leaves"),
        "layer": (passing, f"traced: the most beside that, at {traced.at or 'the backward pass'}"),
        "buffers": (
            _FIXED[device] + round(0.03 * (traced.saved_bytes + passing)),
            "library workspaces, and rounding of the allocator",
        ),
        "context": (CONTEXT_BYTES[device], "what a process holds before a model is loaded"),
    }

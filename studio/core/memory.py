"""Predicted memory of a run, part by part, from a model's shape and a recipe; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.core.activations import Batch, passing
from studio.core.capabilities import check_capabilities
from studio.core.memoryterms import Part, buffers, living, weights
from studio.core.modelshape import ModelShape, targeted
from studio.core.recipe import Recipe
from studio.core.units import MIB

PARTS = (
    "weights_quantized",
    "weights_other",
    "adapter",
    "gradients",
    "optimizer",
    "activations",
    "layer",
    "head",
    "buffers",
    "context",
)
NUMBER_BYTES = {"bf16": 2, "fp16": 2, "fp32": 4}
CONTEXT_BYTES = {"cuda": 450 * MIB, "cpu": 640 * MIB}
"""What the process holds beside the model: CUDA's own (reference: 300 to 430 MiB, and kernels as
they load); on the processor Python with torch, transformers and PEFT (480 MiB, measured), and
what a whole run with its evaluations and checkpoints leaves in the heap (160 MiB, measured)."""
SPREAD = {"cuda": 0.045, "cpu": 0.12}
"""Half the width of the predicted range, as a share of the whole."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The predicted peak of the process; sizes in bytes.

    Attributes:
        parts: every name of PARTS with its size; they add up to total_bytes.
        formulas: how each part was found, as shown to the user.
    """

    parts: Mapping[str, int]
    formulas: Mapping[str, str]
    low_bytes: int
    total_bytes: int
    high_bytes: int


def verdict(estimate: Estimate, free_bytes: int) -> str:
    """Return "fits" if the high end is at most what is free, "tight" if only the middle, else "no"."""
    if estimate.high_bytes <= free_bytes:
        return "fits"
    return "tight" if estimate.total_bytes <= free_bytes else "no"


def compute_precision(recipe: Recipe, device: str, *, cpu_bf16: bool = False) -> str:
    """Return the precision that a run on a device ("cuda" or "cpu") computes in.

    Args:
        recipe: the settings.
        device: "cuda" or "cpu".
        cpu_bf16: whether the processor computes in bf16.
    """
    if recipe.precision != "auto":
        return recipe.precision
    return "bf16" if device == "cuda" or cpu_bf16 else "fp32"


def keeps_activations(recipe: Recipe, device: str) -> bool:
    """Whether activations are kept; by default recomputed on a card, where memory is scarce."""
    return recipe.checkpointing == "off" or (recipe.checkpointing == "auto" and device == "cpu")


def estimate_memory(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    *,
    longest_tokens: int = 0,
    trained_share: float = 1.0,
    context_bytes: int = 0,
    cpu_bf16: bool = False,
) -> Estimate:
    """Predict the peak memory of the training process.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        device: "cuda" for the card's memory, "cpu" for RAM.
        longest_tokens: the longest row of the dataset if it is known; rows are padded no further.
        trained_share: of all tokens, those that the loss looks at, 0 to 1.
        context_bytes: what the process holds before a model, if it was measured here.
        cpu_bf16: whether the processor computes in bf16.

    Raises:
        RecipeError: the recipe names what cannot be trained.
    """
    check_capabilities(recipe)
    linears = targeted(shape, recipe.targets)
    length = recipe.max_tokens
    if longest_tokens and not recipe.packing:
        length = min(length, longest_tokens)
    batch = Batch(
        rows=recipe.micro_batch,
        length=length,
        trained=round(recipe.micro_batch * length * trained_share),
        number=NUMBER_BYTES[compute_precision(recipe, device, cpu_bf16=cpu_bf16)],
        kept=keeps_activations(recipe, device),
        blocked=device == "cpu" and not shape.eager,
    )
    passes = passing(shape, recipe, linears, batch)
    branch, gradients, states = living(shape, recipe, linears)
    if recipe.grad_accum == 1:
        gradients = _left_over(gradients, passes)
    found = (*weights(shape, recipe, batch.number), branch, gradients, states, *passes)
    context = context_bytes or CONTEXT_BYTES[device]
    shared = buffers(shape, recipe, device, sum(size for size, _ in found[-3:]), batch.tokens)
    words = "measured on this computer" if context_bytes else _CONTEXT_WORDS[device]
    return _summed((*found, shared, (context, words)), SPREAD[device])


def _left_over(gradients: Part, passes: tuple[Part, Part, Part]) -> Part:
    """Return the gradients' share of the peak when each step makes them anew.

    They grow while the activations go, so that only what is more than those adds to the peak.
    """
    size, words = gradients
    more = max(0, size - sum(passing for passing, _ in passes))
    return more, words if more else f"{words}, made while the activations go"


_CONTEXT_WORDS = {
    "cuda": "what CUDA holds before a model is loaded",
    "cpu": "Python, torch and its companions, and what a run leaves in the heap",
}


def _summed(found: tuple[Part, ...], spread: float) -> Estimate:
    sizes = [size for size, _ in found]
    total = sum(sizes)
    return Estimate(
        parts=dict(zip(PARTS, sizes, strict=True)),
        formulas=dict(zip(PARTS, (words for _, words in found), strict=True)),
        low_bytes=round(total * (1 - spread)),
        total_bytes=total,
        high_bytes=round(total * (1 + spread)),
    )

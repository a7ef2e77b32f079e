"""Predicted memory of a run, part by part, from a model's shape and a recipe; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from studio.core.activations import last_layer, passing
from studio.core.batchplan import padded_length
from studio.core.calibration import NOTHING_KNOWN, Calibration
from studio.core.capabilities import CAPABILITIES, check_together
from studio.core.evaluationpeak import evaluating
from studio.core.keptstates import Batch
from studio.core.memoryterms import Part, buffers, held_beside, living, weights
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe
from studio.core.severalcards import joined_buffers, sharded
from studio.core.targets import targeted
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
CONTEXT_BYTES = {"cuda": 450 * MIB, "cpu": 560 * MIB}
"""What the process holds beside the model: CUDA's own (reference: 300 to 430 MiB, and kernels as
they load); on the processor Python with torch, transformers and PEFT (393 MiB at rest, 480 at work),
and kernels, which come with each length of a batch: a run of a tiny model took 603 MiB at its first
step and 742 at its 60th, with 691 of them predicted."""
SPREAD = {"cuda": 0.045, "cpu": 0.15}
"""Half the width of the predicted range, as a share of the whole; on a processor two steps alone and a
whole run of the same recipe are 27 % apart, measured."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The predicted peak of the process; sizes in bytes.

    Attributes:
        parts: every name of PARTS with its size; they add up to total_bytes.
        formulas: how each part was found, as shown to the user.
        correction_bytes: of the total, what this computer's records added; may be negative.
    """

    parts: Mapping[str, int]
    formulas: Mapping[str, str]
    low_bytes: int
    total_bytes: int
    high_bytes: int
    correction_bytes: int = 0


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
    if not CAPABILITIES[recipe.method].checkpointing:
        return True
    return recipe.checkpointing == "off" or (recipe.checkpointing == "auto" and device == "cpu")


def estimate_memory(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    *,
    longest_tokens: int = 0,
    trained_share: float = 1.0,
    calibration: Calibration = NOTHING_KNOWN,
    cpu_bf16: bool = False,
) -> Estimate:
    """Predict the peak memory of the training process.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        device: "cuda" for the card's memory, "cpu" for RAM.
        longest_tokens: the longest row of the dataset if it is known; rows are padded no further.
        trained_share: of all tokens, those that the loss looks at, 0 to 1.
        calibration: what earlier runs on this computer took beside their predictions.
        cpu_bf16: whether the processor computes in bf16.

    Raises:
        RecipeError: settings do not go together, or a target is no layer of the model.
    """
    check_together(recipe)
    linears = targeted(shape, recipe.targets) if recipe.method in _TARGETED else shape.linears
    batch = _batch(shape, recipe, device, longest_tokens, trained_share, cpu_bf16)
    passes = passing(shape, recipe, linears, batch)
    branch, gradients, states = living(shape, recipe, batch.number)
    states = held_beside(states, gradients[0], recipe)
    all_gradients = gradients[0]
    if recipe.grad_accum == 1:
        end = last_layer(shape, recipe, linears, batch)
        gradients = _left_over(gradients, passes, end, _table(shape, recipe, batch), shape.tied)
    passes = _with_evaluation(passes, gradients[0], evaluating(shape, recipe, batch))
    resting = sharded((*weights(shape, recipe, batch.number), branch, gradients, states), recipe)
    come_and_go = sum(size for size, _ in passes)
    shared = buffers(shape, recipe, device, come_and_go, batch.tokens, batch.number)
    shared = joined_buffers(shape, recipe, shared, all_gradients, batch.number)
    return _summed((*resting, *passes, shared, _context(device)), SPREAD[device], calibration)


_TARGETED = frozenset({"lora", "dora"})


def _batch(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    longest_tokens: int,
    trained_share: float,
    cpu_bf16: bool,
) -> Batch:
    """Return what passes at once; see :func:`estimate_memory`."""
    length = recipe.max_tokens
    if longest_tokens and not recipe.packing:
        length = min(length, longest_tokens)
    length = padded_length(length)
    rows = recipe.micro_batch * (2 if recipe.objective in _PAIRED else 1)
    trained = round(rows * length * trained_share)
    if recipe.method == "prompt":
        length += recipe.virtual_tokens
    eager = shape.eager or recipe.attention == "eager"
    return Batch(
        rows=rows,
        length=length,
        trained=trained,
        number=NUMBER_BYTES[compute_precision(recipe, device, cpu_bf16=cpu_bf16)],
        kept=keeps_activations(recipe, device),
        blocked=device == "cpu" and not eager,
        eager=eager,
        masked=recipe.packing and recipe.attention != "flash",
        every=recipe.checkpoint_every,
        offloaded=recipe.checkpointing == "offload",
        prefix=recipe.virtual_tokens if recipe.method == "prefix" else 0,
    )


_PAIRED = frozenset({"dpo", "reward"})
"""Objectives that pass a better and a worse answer for each row."""


def _table(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    """Return the bytes of the gradient of a head that learns."""
    return shape.vocab * shape.hidden * batch.number if recipe.method == "full" else 0


def _left_over(
    gradients: Part, passes: tuple[Part, Part, Part], last: int, table: int, tied: bool
) -> Part:
    """Return the gradients' share of the peak when each step makes them anew.

    They grow while the activations go, so that only what is more than those adds to the peak: at
    the last layer, and at the end. A head that learns has its gradient first. Where it is the
    embedding too, two more of its size are made at the end, to be added.

    Args:
        gradients: all of them.
        passes: what comes and goes.
        last: of that, what is there at the last layer.
        table: bytes of the head's gradient, if it learns.
        tied: the head is the embedding.
    """
    size, words = gradients
    passing = sum(each for each, _ in passes)
    at_last = size - (0 if tied else table) + last
    at_end = size + (2 * table if tied else 0)
    more = max(table, at_last - passing, at_end - passing)
    return more, words if more else f"{words}, made while the activations go"


def _with_evaluation(
    passes: tuple[Part, Part, Part], gradients: int, evaluation: int
) -> tuple[Part, Part, Part]:
    """Return what comes and goes, with what an evaluation needs beyond a step.

    An evaluation follows a step, so that no gradients are there and nothing is saved.

    Args:
        passes: what comes and goes in a step.
        gradients: that are there at the step's peak.
        evaluation: bytes that an evaluation of as many rows takes.
    """
    more = evaluation - gradients - sum(size for size, _ in passes)
    if more <= 0:
        return passes
    saved, (layer, words), head = passes
    return saved, (layer + more, f"{words}; an evaluation takes more than a step"), head


def _context(device: str) -> Part:
    before = "what CUDA holds before a model is loaded"
    return CONTEXT_BYTES[device], before if device == "cuda" else "Python, torch and its companions"


def _summed(found: tuple[Part, ...], spread: float, calibration: Calibration) -> Estimate:
    sizes = dict(zip(PARTS, (size for size, _ in found), strict=True))
    formulas = dict(zip(PARTS, (words for _, words in found), strict=True))
    plain = sum(sizes.values())
    correction = max(calibration.correction(plain), -sizes["buffers"])
    if correction:
        sizes["buffers"] += correction
        formulas["buffers"] += f". {calibration.sentence(plain, correction)}"
    total = plain + correction
    return Estimate(
        parts=sizes,
        formulas=formulas,
        low_bytes=round(total * (1 - spread)),
        total_bytes=total,
        high_bytes=round(total * (1 + spread)),
        correction_bytes=correction,
    )

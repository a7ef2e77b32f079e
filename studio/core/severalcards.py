"""What each of several cards holds when they share a run; sizes are for one of them."""

from __future__ import annotations

from studio.core.memoryterms import Part
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe
from studio.core.units import MIB

NCCL_BYTES = 256 * MIB
"""What the exchange between cards keeps on each; a rule of thumb, not measured here."""
GATHERED_LAYERS = 2
"""Layers that are whole at once with FSDP: the one at work, and the next, which is being fetched."""


def sharded(parts: tuple[Part, ...], recipe: Recipe) -> tuple[Part, ...]:
    """Return the parts that stay as one card holds them: whole with DDP, a share with FSDP.

    Source: PyTorch FSDP, arXiv 2304.11277, section 3.2: parameters, gradients and optimizer states
    are split among the cards.
    """
    if recipe.gpus == 1 or recipe.sharding == "ddp":
        return parts
    return tuple(
        (-(-size // recipe.gpus), f"{words}, of {recipe.gpus} cards") for size, words in parts
    )


def joined_buffers(
    shape: ModelShape, recipe: Recipe, shared: Part, gradients: int, number: int
) -> Part:
    """Return the workspaces with what the exchange between cards needs.

    Source: torch 2.13 nn/parallel/distributed.py: DDP copies gradients into buckets of their whole
    size (gradient_as_bucket_view is off). FSDP makes whole layers for the time they are at work.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        shared: the workspaces of one card alone.
        gradients: bytes of all gradients.
        number: bytes of a computed number.
    """
    size, words = shared
    if recipe.gpus == 1:
        return shared
    if recipe.sharding == "ddp":
        return size + NCCL_BYTES + gradients, f"{words}, buckets for the other cards' gradients"
    layer = sum(linear.weights for linear in shape.linears) + shape.expert_weights
    whole = GATHERED_LAYERS * layer * number
    return size + NCCL_BYTES + whole, f"{words}, {GATHERED_LAYERS} whole layers"

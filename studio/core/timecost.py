"""How long a run takes beside the same run with other settings: ratios, not seconds."""

from __future__ import annotations

from studio.core.guardbudget import slower
from studio.core.memory import keeps_activations
from studio.core.recipe import Recipe

RECOMPUTING = 1.25
"""Source: torchtune's table of a recipe with checkpointing: a fifth fewer tokens a second."""
FOUR_BITS = 1.2
"""A rule of thumb: weights are unpacked at each use."""
SETTINGS = (
    "method",
    "quantization",
    "checkpointing",
    "checkpoint_every",
    "micro_batch",
    "max_tokens",
)
"""Settings that :func:`work` looks at; with them a measured speed stands for other settings too."""
IDLE_TOKENS = {"cuda": 512, "cpu": 16}
"""Tokens that a micro-batch's own overhead costs; a rule of thumb, not measured here."""


def work(recipe: Recipe, device: str, mean_tokens: float) -> float:
    """Return what an epoch costs, in a unit of its own; only ratios of two mean something.

    Args:
        recipe: the settings.
        device: "cuda" or "cpu".
        mean_tokens: of the rows, as cut at the recipe's length.
    """
    at_once = max(mean_tokens * recipe.micro_batch, 1.0)
    found = mean_tokens * (1 + IDLE_TOKENS[device] / at_once)
    if not keeps_activations(recipe, device):
        found *= 1 + (RECOMPUTING - 1) / recipe.checkpoint_every
    if recipe.quantization != "none":
        found *= FOUR_BITS
    return found * slower(recipe.guard, recipe.effective_batch, mean_tokens)


def longer(recipe: Recipe, other: Recipe, device: str, means: tuple[float, float]) -> float:
    """Return how much longer the other recipe takes, as a share: 0.25 is a quarter more.

    Args:
        recipe: the settings now.
        other: the settings judged.
        device: "cuda" or "cpu".
        means: mean tokens of the rows with the one and the other.
    """
    return work(other, device, means[1]) / work(recipe, device, means[0]) - 1

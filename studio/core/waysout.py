"""Changes of a recipe that make it fit into memory, those that cost least first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.memory import Estimate, estimate_memory, keeps_activations, verdict
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe

MOST = 4
SHORTEST = 128
"""Tokens below which rows are not offered to be cut."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """One step, or several together, towards a run that fits.

    Attributes:
        title: what it is, in a few words.
        detail: what changes: "Micro-batch 4 → 1, accumulation 4 → 16".
        cost: what is given up, as a sentence without its full stop.
        loses: something is given up that the result may show.
        estimate: the prediction with the change.
        fits: with the change the run fits, if perhaps tightly.
    """

    title: str
    detail: str
    cost: str
    loses: bool
    changes: Mapping[str, Any]
    estimate: Estimate
    fits: bool


def ways_out(
    shape: ModelShape, recipe: Recipe, device: str, free_bytes: int, **known: Any
) -> list[WayOut]:
    """Return changes that help, at most MOST; those that make it fit come first.

    Args:
        shape: the base model's dimensions.
        recipe: the settings that do not fit.
        device: "cuda" or "cpu".
        free_bytes: what the run may take.
        known: what else :func:`estimate_memory` is told, such as ``longest_tokens``.

    Raises:
        RecipeError: the recipe names what cannot be trained.
    """
    before = estimate_memory(shape, recipe, device, **known).total_bytes
    found: list[WayOut] = []
    together: dict[str, Any] = {}

    def judge(title: str, changes: Mapping[str, Any], cost: str, loses: bool) -> bool:
        estimate = estimate_memory(shape, recipe.replace(**changes), device, **known)
        word = verdict(estimate, free_bytes)
        if estimate.total_bytes < 0.98 * before:
            words = describe_changes(recipe, changes)
            found.append(WayOut(title, words, cost, loses, dict(changes), estimate, word != "no"))
        return word == "fits"

    for title, choices, cost, loses in _candidates(recipe, device):
        for changes in choices:
            if judge(title, changes, cost, loses) or changes is choices[-1]:
                together |= changes
                break
            if found and found[-1].title == title:
                found.pop()
    if len(found) > 1 and not any(way.fits for way in found):
        judge("All of these", together, "Each of the costs above", True)
    found.sort(key=lambda way: not way.fits)
    return found[:MOST]


def describe_changes(recipe: Recipe, changes: Mapping[str, Any]) -> str:
    """Return changes as words: "Micro-batch 4 → 1, accumulation 4 → 16"."""
    parts = (
        f"{_WORDS.get(name, name.replace('_', ' '))} {_said(getattr(recipe, name))} → {_said(value)}"
        for name, value in changes.items()
        if getattr(recipe, name) != value
    )
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


_WORDS = {
    "micro_batch": "micro-batch",
    "grad_accum": "accumulation",
    "max_tokens": "length",
    "quantization": "base",
}


def _said(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value).replace("_", " ")


Candidate = tuple[str, list[dict[str, Any]], str, bool]


def _candidates(recipe: Recipe, device: str) -> Iterator[Candidate]:
    """Yield what can be changed: title, values from the mildest on, cost, whether it loses."""
    smaller = [
        {"micro_batch": rows, "grad_accum": recipe.effective_batch // rows}
        for rows in range(recipe.micro_batch - 1, 0, -1)
        if recipe.effective_batch % rows == 0
    ]
    if smaller:
        yield "Smaller steps, same learning", smaller, "Nothing is lost", False
    if keeps_activations(recipe, device):
        again = [{"checkpointing": "on"}]
        yield "Recompute activations", again, "About a quarter slower", False
    if recipe.optimizer == "adamw":
        eight = [{"optimizer": "adamw_8bit"}]
        yield "Optimizer in 8 bits", eight, "Nothing that was ever measured", False
    if recipe.quantization in ("none", "int8"):
        four = [{"quantization": "nf4", "double_quant": True}]
        yield "Base in 4 bits", four, "A little less exact", True
    shorter = []
    length = recipe.max_tokens // 2
    while length >= SHORTEST:
        shorter.append({"max_tokens": length})
        length //= 2
    if shorter:
        yield "Shorter rows", shorter, "What is longer is cut", True

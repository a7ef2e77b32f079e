"""How a model that may not be here could be trained on this computer."""

from __future__ import annotations

from dataclasses import dataclass

from studio.app.outlook import Outlook
from studio.core.capabilities import CAPABILITIES
from studio.core.memory import verdict
from studio.core.methodchoices import FULL, LORA, QLORA
from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.units import gib

SIGNS = {"fits": "✓", "tight": "!", "no": "✗"}
WORDS = {"fits": "it fits", "tight": "it is tight", "no": "it does not fit"}


@dataclass(frozen=True, slots=True)
class Reach:
    """What one method would take, in bytes, and its verdict: fits, tight or no.

    Attributes:
        trainable: this version can train it; else it is only estimated.
    """

    title: str
    total_bytes: int
    verdict: str
    trainable: bool = True


def reaches(outlook: Outlook, recipe: Recipe, shape: ModelShape) -> list[Reach]:
    """Return what QLoRA, LoRA and full training would take; empty before memory was read."""
    memory = outlook.memory(recipe)
    if memory is None:
        return []
    free, found = memory.free_bytes + outlook.ours_back(recipe), []
    for choice in (QLORA, LORA, FULL):
        try:
            tried = recipe.replace(**choice.changes(recipe))
            estimate = outlook.estimate(shape, tried)
        except RecipeError:
            continue  # its other settings are not for this method or model
        word = verdict(estimate, free)
        can = CAPABILITIES[tried.method].trainable_now
        found.append(Reach(choice.title, estimate.total_bytes, word, can))
    return found


def best(found: list[Reach]) -> str:
    """Return the badge's name: the method that asks for most and fits, tight, no; or nothing.

    A method that cannot be trained yet is no promise to make in a list.
    """
    found = [one for one in found if one.trainable]
    fitting = [one.title for one in found if one.verdict == "fits"]
    if fitting:
        return fitting[-1]
    if any(one.verdict == "tight" for one in found):
        return "tight"
    return "no" if found else ""


def in_short(found: list[Reach]) -> str:
    """Return which methods fit: "QLoRA ✓ LoRA ✗"."""
    return " ".join(f"{one.title} {SIGNS[one.verdict]}" for one in found)


def in_words(found: list[Reach]) -> str:
    """Return what each method would take and whether it fits, a sentence each."""
    return "\n".join(
        f"{one.title} takes about {gib(one.total_bytes)}: {WORDS[one.verdict]}." for one in found
    )

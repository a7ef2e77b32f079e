"""Named starting points as pure data: how hard to train, and the example's own recipes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.recipe import DEFAULTS, Recipe


@dataclass(frozen=True, slots=True)
class Preset:
    """Some settings under one name, with a sentence on when to take it."""

    name: str
    title: str
    sentence: str
    values: Mapping[str, Any]


PRESETS = (
    Preset(
        "fast",
        "Fast",
        "Shows within one pass what the data teaches.",
        {"rank": 8, "alpha": 16, "learning_rate": 2e-4, "epochs": 1},
    ),
    Preset(
        "balanced",
        "Balanced",
        "A good start for most data.",
        {"rank": 16, "alpha": 32, "learning_rate": 2e-4, "epochs": 3},
    ),
    Preset(
        "best",
        "Best",
        "Learns more detail; takes longest, and more may be forgotten.",
        {"rank": 32, "alpha": 64, "learning_rate": 2e-4, "epochs": 5},
    ),
)
"""Source for rank and alpha: alpha = 2·r as in QLoRA's and TRL's defaults."""

DEMO_RECIPES: Mapping[str, Mapping[str, Any]] = {
    "fast": {"max_tokens": 256, "epochs": 2, "learning_rate": 2e-3},
    "balanced": {"max_tokens": 256, "epochs": 3, "learning_rate": 2e-3},
    "best": {"rank": 32, "alpha": 64, "max_tokens": 256, "epochs": 5, "learning_rate": 1e-3},
}
"""For the starter model, which is so small that it takes a high rate to learn the facts too."""


def demo_recipe(name: str = "balanced") -> Recipe:
    """Return one of the example's recipes, without its model and dataset: fast, balanced, best."""
    return Recipe(**DEMO_RECIPES[name])


def preset_of(recipe: Recipe) -> Preset | None:
    """Return the preset whose values a recipe has; None if it was changed by hand."""
    for preset in PRESETS:
        if all(getattr(recipe, name) == value for name, value in preset.values.items()):
            return preset
    return None


def changed_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the settings that differ from their defaults."""
    return {n: v for n, v in recipe.to_mapping().items() if n in DEFAULTS and v != DEFAULTS[n]}

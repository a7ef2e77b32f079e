"""How long a run takes, from a speed that was measured with the same model and other settings."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from studio.core.guardbudget import replay_rows
from studio.core.peakrecord import PeakRecord
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.timecost import SETTINGS, longer

Speed = tuple[float, Recipe]
"""Tokens a second, and the settings that they were measured with."""


def newest_speed(records: Iterable[PeakRecord], model: str, device: str) -> Speed | None:
    """Return the newest measured speed of a model; None where none was measured.

    Args:
        records: oldest first.
        model: its name.
        device: "cuda" or "cpu".
    """
    for record in reversed(list(records)):
        if record.tokens_per_second and record.model == model and record.key[0] == device:
            with suppress(RecipeError):  # of a version with other settings
                settings = {n: v for n, v in record.recipe.items() if n in SETTINGS}
                return record.tokens_per_second, Recipe().replace(**settings)
    return None


def steps_of(recipe: Recipe, rows: int) -> int:
    """Return how many steps a run over so many training rows takes."""
    if recipe.max_steps:
        return recipe.max_steps
    rows += replay_rows(rows, recipe.guard.replay)
    return recipe.epochs * -(-rows // recipe.effective_batch)


def run_seconds(speed: Speed, recipe: Recipe, device: str, rows: int, mean_tokens: float) -> float:
    """Return how long the steps of a run take.

    Args:
        speed: as it was measured.
        recipe: the settings of the run.
        device: "cuda" or "cpu".
        rows: that are trained on.
        mean_tokens: of a row, not cut.
    """
    tokens_per_second, settings = speed
    means = min(mean_tokens, settings.max_tokens), min(mean_tokens, recipe.max_tokens)
    seconds_per_token = (1 + longer(settings, recipe, device, means)) * means[0] / means[1]
    tokens = steps_of(recipe, rows) * recipe.effective_batch * means[1]
    return tokens * seconds_per_token / tokens_per_second

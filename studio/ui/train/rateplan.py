"""The learning rate a recipe plans for the steps that have not been taken yet."""

from __future__ import annotations

import numpy as np

from studio.core.recipe import Recipe
from studio.ui.train.curvedata import EMPTY, Floats, Points

POINTS = 120


def planned_rates(recipe: Recipe | None, now: int, total: int) -> Points:
    """Return the planned learning rate from a step to the last one.

    Source: the schedules of transformers, ``get_cosine_schedule_with_warmup`` and its kin.
    """
    if recipe is None or total <= now:
        return EMPTY
    steps = np.unique(np.linspace(now, total, POINTS).round())
    return Points(steps, recipe.learning_rate * _shares(recipe, steps - 1, total))


def _shares(recipe: Recipe, done: Floats, total: int) -> Floats:
    """Return the share of the full rate after so many steps, 0 to 1."""
    warm = 0 if recipe.scheduler == "constant" else recipe.warmup_steps
    rising = np.clip(done / max(warm, 1), 0, 1) if warm else np.ones_like(done)
    past = np.clip((done - warm) / max(total - warm, 1), 0, 1)
    if recipe.scheduler == "cosine":
        falling = 0.5 * (1 + np.cos(np.pi * past))
    elif recipe.scheduler == "linear":
        falling = 1 - past
    else:
        falling = np.ones_like(past)
    shares: Floats = np.where(done < warm, rising, falling)
    return shares

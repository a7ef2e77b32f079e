"""Goes on from an adapter: of a run of ours, or a PEFT folder from elsewhere, both looked at first."""

from __future__ import annotations

from pathlib import Path

from studio.core.problems import ModelError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary
from studio.machine.adapterfolder import AdapterInfo, inspect_adapter, misfit
from studio.machine.models import resolve_model


def recipe_after(workspace: Workspace, run: RunSummary) -> Recipe:
    """Return the recipe that goes on from a run's result.

    Raises:
        ModelError: it has none, or the base does not carry it.
        RecipeError: the run's own recipe cannot be read.
    """
    recipe = read_recipe(run.folder.recipe)
    found = _fitting(workspace, run.folder.adapter, recipe.model)
    return _taken_over(recipe, found).replace(title=f"{run.title or run.run}, continued"[:200])


def recipe_from_elsewhere(workspace: Workspace, folder: Path, recipe: Recipe) -> Recipe:
    """Return a recipe that goes on from somebody's adapter on the recipe's model.

    Raises:
        ModelError: it is no adapter that can be continued, or the model does not carry it.
    """
    return _taken_over(recipe, _fitting(workspace, folder, recipe.model))


def _fitting(workspace: Workspace, folder: Path, model: str) -> AdapterInfo:
    if not model:
        raise ModelError("No model is chosen.", "Choose the adapter's base on the Model page.")
    found = inspect_adapter(folder)
    if why := misfit(found, resolve_model(workspace, model)):
        raise ModelError(why, "Choose the model that the adapter was trained on.")
    return found


def _taken_over(recipe: Recipe, adapter: AdapterInfo) -> Recipe:
    """Return a recipe with what an adapter decides: its place, rank and alpha."""
    alpha = max(1, round(adapter.alpha))
    return recipe.replace(
        method="lora",
        start_from=str(adapter.folder.resolve()),
        rank=adapter.rank,
        alpha=alpha,
        init="default",
    )

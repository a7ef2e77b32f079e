"""How long a run would take, from the speed of an earlier one like it."""

from __future__ import annotations

from collections.abc import Iterable

from studio.core.guardbudget import replay_rows
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.timecost import work
from studio.core.workspace import RunFolder, Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import count_mix
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary, read_origin
from studio.data.store import Dataset


def train_rows(workspace: Workspace, recipe: Recipe) -> int:
    """Return how many rows a recipe would train on.

    Raises:
        StudioError: a dataset cannot be read.
    """
    if recipe.mix:
        return sum(part.rows for part in count_mix(workspace, recipe))
    with Dataset.open(resolve_dataset(workspace, recipe.dataset), read_only=True) as data:
        return data.split_counts().get("train", 0)


def frozen_train_rows(folder: RunFolder) -> int:
    """Return how many rows a prepared run trains on; 0 where it does not say."""
    rows = read_origin(folder).get("rows")
    return int(rows.get("train", 0)) if isinstance(rows, dict) else 0


def expected_seconds(recipe: Recipe, rows: int, earlier: Iterable[RunSummary]) -> float | None:
    """Return the seconds of steps that a run would take; None where no run like it is known.

    Args:
        recipe: what would be trained.
        rows: how many rows it trains on.
        earlier: runs to learn the speed from, the newest first.
    """
    family = recipe.method_title.split()[:1]
    for summary in earlier:
        state = summary.state
        alike = (summary.model, summary.method.split()[:1]) == (_name(recipe), family)
        if not alike or not state.recent or state.seconds <= 0 or not state.step:
            continue
        try:
            known = read_recipe(summary.folder.recipe)
        except StudioError:
            continue
        each = sum(s for _, s in state.recent) / len(state.recent) / known.effective_batch
        tokens = sum(n for n, _ in state.recent) / len(state.recent) / known.effective_batch
        device = "cuda" if state.device.startswith("cuda") else "cpu"
        ratio = work(recipe, device, tokens) / work(known, device, tokens)
        return _steps(recipe, rows) * recipe.effective_batch * each * ratio
    return None


def _name(recipe: Recipe) -> str:
    return recipe.model.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def _steps(recipe: Recipe, rows: int) -> int:
    rows += replay_rows(rows, recipe.guard.replay)
    return recipe.max_steps or recipe.epochs * -(-rows // recipe.effective_batch)

"""Taking back what was forgotten: from where a run goes on, and how it keeps the rest from there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.guardplan import GuardPlan
from studio.core.recipe import Recipe
from studio.core.tradeoff import Point, best_of, crossed
from studio.core.units import percent

REPLAY = 0.2
"""Share of general rows that are learned along from there on, unless there are more already."""
LOWERED = 0.5
"""Share of the learning rate that is kept."""
CONTINUABLE = ("default", "gaussian")
"""Starts of a branch after which a checkpoint holds all that is needed to go on from it."""
ENDING = ", taken back"


@dataclass(frozen=True, slots=True)
class WayBack:
    """How a run that forgets is taken back.

    Attributes:
        step: of the checkpoint it goes on from; 0 begins again where the run began.
        changes: of the recipe, without where it starts from.
        sentence: what is done, for somebody who has never heard of any of it.
    """

    step: int
    changes: dict[str, Any]
    sentence: str


def way_back(recipe: Recipe, points: Sequence[Point], rate: float, total: int) -> WayBack:
    """Return how a run is taken back: from the best checkpoint within the tolerance, with replay.

    Args:
        recipe: of the run.
        points: its guarded evaluations, with what is kept on the disk.
        rate: the highest learning rate in force.
        total: steps of the run.
    """
    guard = recipe.guard
    best = _within(recipe, guard, points)
    step = best.step if best is not None else 0
    share = max(REPLAY, guard.replay)
    table = dict(recipe.tables.get("guard", {})) | {"replay": share}
    table.pop("enabled", None)  # which it is by itself
    changes: dict[str, Any] = {
        "guard": table,
        "learning_rate": rate * LOWERED,
        "title": f"{recipe.title.removesuffix(ENDING)}{ENDING}"[-200:],
    }
    if step and total > step:
        changes["max_steps"] = total - step
    sure = best is None or best.lost <= guard.tolerance
    held = "where general answers still held" if sure else "where less was forgotten"
    where = f"goes on from step {step:,}, {held}"
    if not step:
        start = "with the adapter it went on from" if recipe.start_from else "at the base"
        where = f"begins again {start}, since no checkpoint within the tolerance is kept"
    return WayBack(
        step,
        changes,
        f"A new run {where}, with {percent(share)} general rows learned along, at half the learning rate.",
    )


def taken_back(recipe: Recipe, way: WayBack, start: str) -> Recipe:
    """Return the recipe of the run that goes on.

    Args:
        recipe: of the run that forgot.
        way: how it is taken back.
        start: folder of the checkpoint at the way's step; not looked at if that is 0.

    Raises:
        RecipeError: it cannot be.
    """
    start = start if way.step else recipe.start_from
    plain = recipe.to_mapping() | way.changes | {"start_from": start}
    if way.step:
        plain["init"] = "default"
    return Recipe.from_mapping(plain)


def _within(recipe: Recipe, guard: GuardPlan, points: Sequence[Point]) -> Point | None:
    if recipe.method != "lora" or recipe.init not in CONTINUABLE:
        return None
    best = best_of(points, guard.tolerance)
    return best if best is not None and not crossed(best, guard.tolerance) else None

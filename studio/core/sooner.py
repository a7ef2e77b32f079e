"""Changes of a recipe that let a run end by a time, those that cost least first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.capabilities import CAPABILITIES, check_capabilities
from studio.core.memory import Estimate, estimate_memory, keeps_activations, verdict
from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.timecost import longer
from studio.core.waysout import RowsKnown, WayOut, describe_changes

MOST = 4
SHORTEST = 128
"""Tokens below which rows are not offered to be cut."""
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hurry:
    """How long a run takes as it is, and how long it may take.

    Attributes:
        seconds: of the run as it is.
        allowed: seconds until it is to be done.
        steps: of the run as it is.
    """

    seconds: float
    allowed: float
    steps: int


def sooner_ways(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    free_bytes: int,
    hurry: Hurry,
    *,
    rows: RowsKnown | None = None,
    **known: Any,
) -> list[WayOut]:
    """Return changes with which a run ends in time and fits; what costs nothing comes first.

    Where nothing is quick enough there is no way at all. Times are those of the run as it is,
    times what the change makes of them; see :mod:`studio.core.timecost`.

    Args:
        shape: the base model's dimensions.
        recipe: the settings that take too long.
        device: "cuda" or "cpu".
        free_bytes: what the run may take; a run that does not fit as it is may take as much again.
        hurry: how long it takes and may take.
        rows: the rows' lengths, if they were measured.
        known: what else :func:`estimate_memory` is told.

    Raises:
        RecipeError: the recipe names what cannot be trained.
    """
    if hurry.seconds <= hurry.allowed:
        return []
    now = estimate_memory(shape, recipe, device, **known)
    room = max(free_bytes, now.total_bytes if verdict(now, free_bytes) == "no" else 0)
    search = _Search(shape, recipe, device, room, hurry, rows, known)
    ways = [way for kind in _kinds(recipe, device, hurry) if (way := search.first(kind))]
    whole = [way for way in ways if not way.loses]
    lossy = [way for way in ways if way.loses]
    return [*whole[:1], *lossy][:MOST]


@dataclass(frozen=True, slots=True)
class _Kind:
    """One thing to give up: its title, its values from the mildest on, and what that costs."""

    title: str
    values: tuple[Changes, ...]
    cost: str
    loses: bool = True


@dataclass(frozen=True, slots=True)
class _Search:
    shape: ModelShape
    recipe: Recipe
    device: str
    room: int
    hurry: Hurry
    rows: RowsKnown | None
    known: Mapping[str, Any]

    def first(self, kind: _Kind) -> WayOut | None:
        """Return the mildest change of a kind that is quick enough and fits."""
        for changes in kind.values:
            share = self._share(changes)
            if share * self.hurry.seconds > self.hurry.allowed:
                continue
            estimate = self._fitting(changes)
            if estimate is None:
                continue
            return WayOut(
                title=kind.title,
                detail=self._detail(changes),
                cost=kind.cost or self._costs(changes),
                loses=kind.loses,
                changes=changes,
                estimate=estimate,
                fits=True,
                longer=share - 1,
            )
        return None

    def _detail(self, changes: Changes) -> str:
        if "max_steps" in changes:  # 0 in the recipe stands for as many as the epochs make
            return f"Steps {self.hurry.steps:,} → {changes['max_steps']:,}"
        return describe_changes(self.recipe, changes)

    def _share(self, changes: Changes) -> float:
        """Return how long the changed run takes, as a share of the one as it is."""
        recipe, other = self.recipe, self.recipe.replace(**changes)
        means = (self._mean(recipe), self._mean(other))
        share = 1 + longer(recipe, other, self.device, means)
        if "max_steps" in changes:
            return share * other.max_steps / self.hurry.steps
        return share * (other.epochs / recipe.epochs if not recipe.max_steps else 1)

    def _mean(self, recipe: Recipe) -> float:
        return self.rows.mean(recipe.max_tokens) if self.rows else float(recipe.max_tokens)

    def _fitting(self, changes: Changes) -> Estimate | None:
        """Return what the changed run takes; None if that is too much, or it cannot be trained."""
        other = self.recipe.replace(**changes)
        try:
            check_capabilities(other)
            estimate = estimate_memory(self.shape, other, self.device, **self.known)
        except RecipeError:
            return None
        return None if verdict(estimate, self.room) == "no" else estimate

    def _costs(self, changes: Changes) -> str:
        if "max_tokens" in changes and self.rows is not None:
            return f"{self.rows.cut(changes['max_tokens']):,} of {self.rows.count:,} rows are cut"
        if "max_tokens" in changes:
            return f"Cuts rows past {changes['max_tokens']:,} tokens (not counted yet)"
        done = changes.get("max_steps", 0) / max(self.hurry.steps, 1)
        return f"Stops after {100 * done:.0f}\u00a0% of the steps"


def _kinds(recipe: Recipe, device: str, hurry: Hurry) -> Iterator[_Kind]:
    """Yield what can be given up for time, that which costs least first."""
    yield _Kind("Use the memory that is free", tuple(_quicker(recipe, device)), _NOTHING, False)
    if not recipe.max_steps and recipe.epochs > 1:
        fewer = tuple({"epochs": n} for n in range(recipe.epochs - 1, 0, -1))
        yield _Kind("Fewer passes", fewer, "Sees each row less often")
    lengths, length = [], recipe.max_tokens
    while (length := length // 2) >= SHORTEST:
        lengths.append({"max_tokens": length})
    yield _Kind("Shorter rows", tuple(lengths), "")
    steps = int(hurry.steps * hurry.allowed / hurry.seconds)
    if steps >= 1:
        yield _Kind("Stop in time", ({"max_steps": steps},), "")


_NOTHING = "Nothing is lost"


def _quicker(recipe: Recipe, device: str) -> Iterator[Changes]:
    """Yield what is quicker and learns the same, each alone and then ever more together."""
    single: list[Changes] = []
    if not keeps_activations(recipe, device) and CAPABILITIES[recipe.method].checkpointing:
        single.append({"checkpointing": "off"})
    single += _larger(recipe)
    if recipe.quantization != "none":
        single.append({"quantization": "none"})
    yield from single
    together: Changes = {}
    for changes in single:
        together = together | changes
        yield together


def _larger(recipe: Recipe) -> list[Changes]:
    """Return more rows at once, with as many rows a step as before."""
    found: list[Changes] = []
    rows = recipe.micro_batch * 2
    while rows <= recipe.effective_batch and recipe.effective_batch % rows == 0:
        found.append({"micro_batch": rows, "grad_accum": recipe.effective_batch // rows})
        rows *= 2
    return found

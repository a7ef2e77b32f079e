"""How a run is carried out now: its recipe as started, with what was changed on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from studio.core.events import Event, PlanChanged
from studio.core.knobs import fault_of, typed
from studio.core.recipe import KNOBS, TYPES, Recipe

EVALUATION_BATCH = "evaluation_batch"
"""A change beside the recipe's settings: held-out rows at once, when all of a batch did not fit."""


def plan_of(events: Iterable[Event]) -> dict[str, Any]:
    """Return what was changed on the way, by name; the last word counts."""
    plan: dict[str, Any] = {}
    for event in events:
        if isinstance(event, PlanChanged):
            plan |= event.changes
    return plan


def carried_out(recipe: Recipe, plan: Mapping[str, Any]) -> Recipe:
    """Return a recipe as it is carried out now; changes that are no settings of it are left out."""
    changes = {}
    for name, value in plan.items():
        if name in KNOBS:
            value, fault = typed(value, TYPES[name])
            if not fault and not fault_of(KNOBS[name], value):
                changes[name] = value
    return recipe.replace(**changes)

"""What each remedy against forgetting costs here: memory and time, from the estimate; no Qt."""

from __future__ import annotations

from typing import Any

from studio.core.guardbudget import replay_rows
from studio.core.guardplan import GUARD_DEFAULTS, OWN
from studio.core.memory import estimate_memory
from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.timecost import longer
from studio.core.units import MIB, duration, percent

# With 10 the starter learned next to nothing of a narrow task (L2) or a quarter of it (EWC), where it
# had 2.2 nats to learn; with these it learned it and kept the rest (tests.bench.forgetting)
USUAL: dict[str, float] = {"replay": 0.2, "l2": 0.01, "ewc": 0.1, "kl": 1.0}
"""Strengths that are usual; a remedy that is off costs what it would with this one."""
ROUNDS = 1000
"""Rows by which the share of replay is counted."""
LEAST_SHARE = 0.005
FREE = frozenset({"patience", "layer_decay", "tolerance"})


def guarded(recipe: Recipe, **changes: Any) -> Recipe:
    """Return a recipe with parts of its guard changed.

    Raises:
        RecipeError: one of them cannot be.
    """
    return Recipe.from_mapping(recipe.to_mapping() | {"guard": guard_table(recipe, **changes)})


def guard_table(recipe: Recipe, **changes: Any) -> dict[str, Any]:
    """Return the ``[guard]`` table of a recipe with changes; what is a default is left out."""
    merged = dict(recipe.tables.get("guard", {})) | changes
    plain = {name: list(v) if isinstance(v, tuple) else v for name, v in merged.items()}
    defaults = {n: list(v) if isinstance(v, tuple) else v for n, v in GUARD_DEFAULTS.items()}
    return {name: v for name, v in plain.items() if v != defaults.get(name)}


def costs_of(
    shape: ModelShape, recipe: Recipe, device: str, mean_tokens: float, known: dict[str, Any]
) -> dict[str, str]:
    """Return for each remedy what it adds to a recipe, or would add, as a sentence.

    Args:
        shape: of the base.
        recipe: with or without the remedies.
        device: "cuda" or "cpu".
        mean_tokens: of a row.
        known: what else :func:`estimate_memory` is told.
    """
    found = costs_of_watching(recipe)
    for name, usual in USUAL.items():
        value = getattr(recipe.guard, name) or usual
        off, on = guarded(recipe, **{name: 0.0}), guarded(recipe, **{name: value})
        try:
            memory = (
                estimate_memory(shape, on, device, **known).total_bytes
                - estimate_memory(shape, off, device, **known).total_bytes
            )
        except RecipeError:
            continue  # the page says elsewhere why this cannot be trained
        time = longer(off, on, device, (mean_tokens, mean_tokens))
        cost = _cost(memory, time + _rows_more(on, off))
        at = "" if getattr(recipe.guard, name) else f"At {_strength(name, usual)}: "
        found[name] = f"{at}{cost}." if at else f"{cost[:1].upper()}{cost[1:]}."
    return found


def costs_of_watching(recipe: Recipe) -> dict[str, str]:
    """Return what measuring costs, and what costs the same with any model, as sentences."""
    guard = recipe.guard
    share, longest = percent(guard.share), duration(guard.budget_seconds)
    back = guard.on_crossing == "roll_back"
    return {name: "Costs nothing." for name in FREE} | {
        "enabled": f"At most {share} of the training time.",
        "share": f"At most {share} of the training time.",
        "budget_seconds": f"At most {longest} each time.",
        "probes": "More of them cost no more.",
        "on_crossing": "Costs one checkpoint more on the disk." if back else "Costs nothing.",
        "replay_from": "The base answers before the first step, which takes minutes."
        if guard.replay_from == OWN
        else "Costs nothing by itself.",
        "kl_rows": "Each passes forward and back once more a step.",
        "fisher_rows": "Each passes forward and back once.",
    }


def _rows_more(on: Recipe, off: Recipe) -> float:
    """Return by what share a run gets longer since it has more rows; 0 where steps are fixed."""
    if on.max_steps:
        return 0.0
    more = replay_rows(ROUNDS, on.guard.replay) - replay_rows(ROUNDS, off.guard.replay)
    return more / ROUNDS


def _cost(memory: int, time: float) -> str:
    takes = f"{memory / MIB:,.0f} MiB more memory" if memory >= MIB / 2 else "no more memory"
    lasts = f"{percent(time)} longer" if time > LEAST_SHARE else "no longer"
    return f"{takes}, {lasts}"


def _strength(name: str, usual: float) -> str:
    return percent(usual) if name == "replay" else f"{usual:g}"

"""A grid of recipes: every combination of some settings' values, and how each is called."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from studio.core.knobs import nearest, typed
from studio.core.knobtitles import title_of, value_words
from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, TYPES, Recipe

MOST = 200
"""Runs of one grid; more is surely a slip."""
_NOT_IN_GRID = frozenset({"title", "dataset", "model", "start_from"})
"""Words and places: those are other runs, not other settings."""
_TITLE = 200


def grid_names() -> tuple[str, ...]:
    """Return the settings that a grid can vary, in the order of the table."""
    return tuple(name for name in KNOBS if name not in _NOT_IN_GRID)


def parse_grid(texts: Sequence[str]) -> dict[str, tuple[Any, ...]]:
    """Return the values of each setting from texts such as "learning_rate=1e-4,2e-4".

    Raises:
        RecipeError: there is no such setting, or a value is not of its type.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip().replace("-", "_")
        if name not in grid_names():
            raise RecipeError({name or text: "is no setting of a grid" + nearest(name, KNOBS)})
        if name in found:
            raise RecipeError({name: "is given twice; write its values once, with commas between"})
        if not equals or not values.strip():
            raise RecipeError({name: "has no values"}, f"Write {name}=first,second.")
        found[name] = tuple(dict.fromkeys(_value(name, part) for part in values.split(",")))
    return found


def grid_size(values: Mapping[str, Sequence[Any]]) -> int:
    """Return how many recipes a grid has; 1 without settings."""
    size = 1
    for each in values.values():
        size *= len(each)
    return size


def grid(recipe: Recipe, values: Mapping[str, Sequence[Any]]) -> list[Recipe]:
    """Return a recipe for every combination, the last setting varying first.

    Raises:
        RecipeError: a value is out of range, or there are too many combinations.
    """
    size = grid_size(values)
    if size > MOST:
        raise RecipeError({"grid": f"has {size:,} runs, and {MOST} is the most"})
    made = []
    for chosen in itertools.product(*values.values()):
        changes = dict(zip(values, chosen, strict=True))
        varied = {name: changes[name] for name in changes if len(values[name]) > 1}
        before = _without(recipe, varied)
        title = " · ".join(part for part in (before, _words(varied)) if part)
        made.append(recipe.replace(**changes | {"title": title[:_TITLE]}))
    return made


def rows_key(recipe: Recipe) -> tuple[object, ...]:
    """Return what decides which rows a recipe freezes; recipes with the same one can share them."""
    seed = recipe.seed if recipe.mix else 0
    return recipe.dataset, repr(recipe.mix), seed, recipe.objective


def _without(recipe: Recipe, varied: Mapping[str, Any]) -> str:
    """Return a recipe's title without what an earlier grid said of settings that vary now."""
    start, _, last = recipe.title.rpartition(" · ")
    told = {_words({name: getattr(recipe, name)}) for name in varied}
    left = [part for part in last.split(", ") if part not in told]
    return " · ".join(part for part in (start, ", ".join(left)) if part)


def _words(changes: Mapping[str, Any]) -> str:
    told = (f"{title_of(name).lower()} {value_words(value)}" for name, value in changes.items())
    return ", ".join(told)


def _value(name: str, text: str) -> Any:
    """Return one value of a setting from its text."""
    text, kind = text.strip(), TYPES[name]
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in ("true", "false", "on", "off"):
            raise RecipeError({name: f"is {text!r}, not true or false"})
        return text.lower() in ("true", "on")
    try:
        number = float(text)
    except ValueError:
        raise RecipeError({name: f"is {text!r}, not a number"}) from None
    value, fault = typed(int(number) if kind is int and number.is_integer() else number, kind)
    if fault:
        raise RecipeError({name: fault})
    return value

"""What differs between the recipes of runs: the settings that are not the same in all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from studio.core.guardplan import GUARD_DEFAULTS
from studio.core.knobtitles import title_of
from studio.core.mix import mix_title
from studio.core.recipe import DEFAULTS, KNOBS, TABLES, Recipe

_NOT_SETTINGS = frozenset({"title"})
"""Words about a run that change nothing in it."""
_GUARD = {f"guard.{part}": part for part in GUARD_DEFAULTS}
"""What the parts of a guard are called here, beside the settings of the recipe itself."""
_NAMES = tuple(
    name for name in (*KNOBS, *_GUARD, *TABLES) if name not in _NOT_SETTINGS and name != "guard"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs.

    Attributes:
        name: as in the recipe.
        title: as people call it.
        values: of each recipe, in their order.
        common: what most of the recipes have, the setting's default where none has more.
    """

    name: str
    title: str
    values: tuple[Any, ...]
    common: Any


def differences(recipes: Sequence[Recipe]) -> list[Difference]:
    """Return the settings that are not the same in all recipes, in the order of the table."""
    bodies = [_body(recipe) for recipe in recipes]
    found = []
    for name in _NAMES:
        values = tuple(_plain(body.get(name)) for body in bodies)
        if any(value != values[0] for value in values):
            told = tuple(map(_told, repeat(name), recipes, values))
            found.append(Difference(name, title_of(name), told, _common(name, told)))
    return found


def setting_count() -> int:
    """Return how many settings are compared."""
    return len(_NAMES)


def _body(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe's settings, those of its guard each by itself."""
    guard = {name: getattr(recipe.guard, part) for name, part in _GUARD.items()}
    return recipe.to_mapping() | guard


def _plain(value: Any) -> Any:
    """Return a value; an empty table is as good as none."""
    return None if value in ([], {}) else value


def _common(name: str, values: tuple[Any, ...]) -> Any:
    most = max(values.count(value) for value in values)
    leaders = [value for value in values if values.count(value) == most]
    default = GUARD_DEFAULTS[_GUARD[name]] if name in _GUARD else DEFAULTS.get(name)
    return default if default in leaders or most == 1 else leaders[0]


def _told(name: str, recipe: Recipe, value: Any) -> Any:
    """Return a value as it is compared by people; a mix in words."""
    if name == "mix" and value:
        return mix_title(recipe.mix)
    return value

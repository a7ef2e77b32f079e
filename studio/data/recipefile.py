"""Recipes as TOML files: every setting with its sentence beside it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.guardplan import GUARD_DEFAULTS, GUARD_KNOBS
from studio.core.knobs import Knob
from studio.core.mix import MIX_WORDS
from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, Recipe

if TYPE_CHECKING:
    from tomlkit.items import Item


def recipe_text(recipe: Recipe) -> str:
    """Return the recipe as TOML, with what each setting does as a comment."""
    import tomlkit  # only what writes pays for it: a window reads a recipe before it paints

    document = tomlkit.document()
    document.add(tomlkit.comment("A recipe of Graft Studio: all settings of a run."))
    for name, value in _all(recipe):
        item: Item = tomlkit.item(value)
        if name in KNOBS:
            item.comment(_said(KNOBS[name]))
        elif name == "guard":
            item = _guard(value)
        elif name == "mix":
            item = _mix(value)
        document.add(name, item)
    return tomlkit.dumps(document)


def _all(recipe: Recipe) -> list[tuple[str, Any]]:
    """Return all settings, and what guards the run though it is all as by default."""
    found = recipe.to_mapping()
    return list({**found, "guard": found.get("guard", {})}.items())


def _said(knob: Knob) -> str:
    return knob.sentence + (f" In {knob.unit}." if knob.unit else "")


def _guard(values: Mapping[str, Any]) -> Item:
    """Return the ``[guard]`` table; what is as by default stands in it as a comment."""
    import tomlkit

    table = tomlkit.table()
    for name, knob in GUARD_KNOBS.items():
        if name in values:
            item = tomlkit.item(values[name])
            item.comment(_said(knob))
            table.add(name, item)
        else:
            default = GUARD_DEFAULTS[name]
            plain = tomlkit.item(list(default) if isinstance(default, tuple) else default)
            table.add(tomlkit.comment(f"{name} = {plain.as_string()} # {_said(knob)}"))
    return table


def _mix(parts: Sequence[Mapping[str, Any]]) -> Item:
    """Return the ``[[mix]]`` tables."""
    import tomlkit

    tables = tomlkit.aot()
    for part in parts:
        table = tomlkit.table()
        for name, value in part.items():
            item = tomlkit.item(value)
            item.comment(MIX_WORDS.get(name, ""))
            table.add(name, item)
        tables.append(table)
    return tables


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe; the file appears whole or not at all.

    Raises:
        DataError: the place cannot be written to.
    """
    from studio.data.loading import sync_folder  # numpy and SQLite come with these two,
    from studio.data.schema import unwritable  # which a first paint need not wait for

    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with staged.open("w", encoding="utf-8", newline="\n") as file:
            file.write(recipe_text(recipe))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        raise unwritable(path, err) from err


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        RecipeError: the file cannot be read, is not TOML, or a setting is wrong.
    """
    return Recipe.from_mapping(_values(path))


def _values(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as err:
        raise RecipeError(
            {path.name: f"cannot be read: {(err.strerror or str(err)).lower()}"},
            "Name a recipe file, such as recipe.toml.",
        ) from err
    except UnicodeDecodeError as err:
        raise RecipeError({path.name: "is not UTF-8 text"}, "Save it as UTF-8.") from err
    except (tomllib.TOMLDecodeError, RecursionError) as err:
        raise RecipeError(
            {path.name: f"is not TOML: {str(err)[:1].lower() + str(err)[1:]}"},
            "Mend that line; texts stand in double quotes.",
        ) from err

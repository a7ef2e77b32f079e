"""Recipes as TOML files: every setting with its sentence beside it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, Recipe

if TYPE_CHECKING:
    from tomlkit.items import Item


def recipe_text(recipe: Recipe) -> str:
    """Return the recipe as TOML, with what each setting does as a comment."""
    import tomlkit  # only what writes pays for it: a window reads a recipe before it paints

    document = tomlkit.document()
    document.add(tomlkit.comment("A recipe of Graft Studio: all settings of a run."))
    for name, value in recipe.to_mapping().items():
        item: Item = tomlkit.item(value)
        if name in KNOBS:
            unit = f" In {KNOBS[name].unit}." if KNOBS[name].unit else ""
            item.comment(KNOBS[name].sentence + unit)
        document.add(name, item)
    return tomlkit.dumps(document)


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

"""Prepares a run: a folder of its own with the recipe and the rows as they are now."""

from __future__ import annotations

import datetime
import json
import os
import platform
import secrets
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import tomlkit

from studio import __version__
from studio.core.capabilities import check_capabilities
from studio.core.problems import DiskFullError, RunError, StudioError
from studio.core.recipe import Recipe
from studio.core.units import MIB
from studio.core.workspace import RunFolder, Workspace, file_name
from studio.data.datasetnames import resolve_dataset
from studio.data.frozenrows import freeze
from studio.data.guardrows import freeze_guard
from studio.data.lineage import start_folder, take_start
from studio.data.loading import sync_folder
from studio.data.mixing import parts_of
from studio.data.recipefile import write_recipe
from studio.data.rowcopy import copy_rows, rows_size
from studio.machine.adapterfolder import require_fit
from studio.machine.computer import this_computer
from studio.machine.disk import require_room
from studio.machine.modelmark import model_mark
from studio.machine.models import resolve_model

LEAST_ROOM = 256 * MIB
"""Bytes a run's folder needs whatever is in it: events, log, a small adapter and its copies."""
_ROWS_TIMES = 4
"""The frozen rows as text, and as tokens with their states."""
_PACKAGES = ("torch", "transformers", "peft", "bitsandbytes", "tokenizers", "safetensors")


def prepare_run(
    workspace: Workspace,
    recipe: Recipe,
    *,
    predicted_peak_bytes: int = 0,
    predicted_range: tuple[int, int] = (0, 0),
    rows_from: RunFolder | None = None,
) -> RunFolder:
    """Make the folder of a new run; it appears whole or not at all.

    Args:
        workspace: where the run, its dataset and its model are.
        recipe: what is trained on what; written as it is, but for a model's path, which is made
            to hold wherever the engine works.
        predicted_peak_bytes: the estimate that the user saw, to stand beside the measured peak.
        predicted_range: its low and high end in bytes; zeros where nobody asked.
        rows_from: a run whose frozen rows are taken, whatever became of its dataset.

    Raises:
        DataError: the dataset cannot be read.
        ModelError: there is no such model, or it cannot carry the adapter to go on from.
        RecipeError: this version cannot train it, or the mix cannot be put together.
        RunError: there is no row to train on.
        DiskFullError: there is no room for the run.
    """
    model = _checked(workspace, recipe, rows_from)
    if model == Path(recipe.model).expanduser().resolve():
        recipe = recipe.replace(model=str(model))
    staged = RunFolder(workspace.path / ".staging" / f"{os.getpid()}-{secrets.token_hex(4)}")
    try:
        staged.rows.parent.mkdir(parents=True)
        origin = _staged_rows(workspace, recipe, staged, rows_from) | _made_with(recipe, model)
        origin |= _predicted(predicted_peak_bytes, *predicted_range)
        _write_facts(recipe, origin, staged)
        return _place(workspace, staged, Path(recipe.dataset).stem)
    except OSError as err:
        raise _unwritable(workspace, err) from err
    finally:
        shutil.rmtree(staged.path, ignore_errors=True)


def _checked(workspace: Workspace, recipe: Recipe, rows_from: RunFolder | None) -> Path:
    """Look whether a run can be made and has room; return the folder of its model."""
    check_capabilities(recipe)
    model = resolve_model(workspace, recipe.model)
    if recipe.start_from:
        require_fit(start_folder(workspace, recipe.start_from), model)
    size = _size(workspace, recipe) if rows_from is None else rows_size(rows_from)
    require_room(workspace.runs, LEAST_ROOM + _ROWS_TIMES * size, "The run's rows and checkpoints")
    return model


def _staged_rows(
    workspace: Workspace, recipe: Recipe, staged: RunFolder, rows_from: RunFolder | None
) -> dict[str, Any]:
    """Put into the folder what the run reads; return where it comes from."""
    if rows_from is None:
        origin = freeze(workspace, recipe, staged.rows)
    else:
        origin = copy_rows(rows_from, staged)
    freeze_guard(workspace, recipe, staged)
    if recipe.start_from:
        origin["start_from"] = take_start(workspace, recipe.start_from, staged)
    return origin


def _write_facts(recipe: Recipe, origin: dict[str, Any], staged: RunFolder) -> None:
    """Write what the run is made of, what it is called, and its recipe."""
    _write(staged.origin, json.dumps(origin, indent=1, ensure_ascii=False) + "\n")
    meta = {"title": recipe.title, "notes": "", "tags": list[str]()}
    _write(staged.meta, tomlkit.dumps(meta))
    write_recipe(recipe, staged.recipe)


def _made_with(recipe: Recipe, model: Path) -> dict[str, Any]:
    """Return what a run is made with, and when."""
    return {
        "dataset": Path(recipe.dataset).stem,
        "model": str(model),
        "model_mark": model_mark(model),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "versions": versions(),
        "computer": this_computer().note(),
    }


def _predicted(peak: int, low: int, high: int) -> dict[str, int]:
    return {
        "predicted_peak_bytes": int(peak),
        "predicted_low_bytes": int(low),
        "predicted_high_bytes": int(high),
    }


def _size(workspace: Workspace, recipe: Recipe) -> int:
    """Return the bytes of all datasets that the rows come from."""
    names = {recipe.dataset, *(part.dataset for part in parts_of(recipe))}
    return sum(path.stat().st_size for path in {resolve_dataset(workspace, n) for n in names})


def _place(workspace: Workspace, staged: RunFolder, dataset: str) -> RunFolder:
    """Give the folder an id that was never used, and put it among the runs."""
    stem = f"{datetime.date.today().isoformat()}-{file_name(dataset, 'dataset')}"
    number = 1
    while True:
        run = workspace.run(f"{stem}-{number}")
        try:
            run.path.mkdir(parents=True)  # takes the id, whoever else wants it
        except FileExistsError:
            number += 1
            continue
        for part in sorted(staged.path.iterdir(), key=lambda path: path == staged.recipe):
            part.replace(run.path / part.name)  # the recipe last: it makes the folder a run
        sync_folder(run.path)
        sync_folder(workspace.runs)
        return run


def versions() -> dict[str, str]:
    """Return the versions of what trains, by package; "missing" for what is not there."""
    found = {"graft-studio": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "missing"
    return found


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _unwritable(workspace: Workspace, err: OSError) -> StudioError:
    import errno  # only needed once something is wrong

    if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFullError(
            "The disk is full: the run was not made.",
            f"Free some room where {workspace.path} lies.",
        )
    return RunError(
        f"The run could not be made in {workspace.runs}: {err.strerror or err}.",
        "Look whether the workspace may be written to.",
    )

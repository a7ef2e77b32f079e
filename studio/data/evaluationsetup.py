"""Makes the setup of an evaluation from what people name: runs, checkpoints, folders, datasets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.evaluation import BASE, ColumnSpec, EvaluationSetup
from studio.core.example import Kind
from studio.core.metrics.jsonanswers import fault_of_schema
from studio.core.problems import DataError, ModelError, RunError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.datasetnames import resolve_dataset
from studio.data.recipefile import read_recipe
from studio.data.runfiles import find_run
from studio.data.store import Dataset
from studio.machine.models import resolve_model

CONFIG = "adapter_config.json"
MOST_COLUMNS = 6
MOST_SHOTS = 32
_STEP = re.compile(r"(?:(.+)@)?(?:step-?)?0*(\d+)")
_SCHEMA_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be evaluated, besides the columns.

    Attributes:
        limit: rows at most; 0 for all.
        schema: JSON Schema as text.
        general: whether the general questions are asked beside it.
    """

    dataset: str
    split: str = "test"
    limit: int = 0
    max_new_tokens: int = 256
    temperature: float = 0.0
    seed: int = 42
    device: str = "auto"
    schema: str = ""
    general: bool = True


def make_setup(
    workspace: Workspace, run: RunFolder | None, columns: Iterable[ColumnSpec], wanted: Wanted
) -> EvaluationSetup:
    """Return a setup whose base and template are those of a run.

    Args:
        workspace: where runs, models and datasets are.
        run: asks with its template and system prompt, on its base.
        columns: who answers; the base is put first.
        wanted: what is asked.

    Raises:
        StudioError: something that is named is not there, or the columns do not go together.
    """
    if run is None:
        raise RunError("No run is named.", "Train one, or choose one that has grown a branch.")
    recipe = read_recipe(run.recipe)
    ordered = sorted(columns, key=lambda column: column.name != BASE)
    _check(workspace, recipe, ordered)
    dataset = resolve_dataset(workspace, wanted.dataset)
    if any(column.shots for column in ordered) and _is_text(dataset):
        raise DataError(
            "The rows are running text, which cannot be shown as examples.",
            "Leave the column with examples out.",
        )
    return EvaluationSetup(
        dataset=str(dataset),
        model=str(resolve_model(workspace, recipe.model)),
        columns=tuple(ordered),
        split=wanted.split,
        limit=wanted.limit,
        run=str(run.path),
        max_new_tokens=wanted.max_new_tokens,
        temperature=wanted.temperature,
        seed=wanted.seed,
        schema=wanted.schema,
        general=wanted.general,
        **_numbers(recipe, wanted.device),
    )


def column_named(workspace: Workspace, run: RunFolder, text: str) -> ColumnSpec:
    """Return the column that a name stands for.

    Args:
        workspace: where runs are.
        run: the run in hand, whose checkpoints need no other name than their step.
        text: "base", a run, "RUN@120", "120" or "step-120", or a folder in PEFT's layout.

    Raises:
        RunError: there is no such run or checkpoint.
        ModelError: the folder holds no adapter.
    """
    if text == BASE:
        return ColumnSpec(BASE)
    if workspace.run(text).recipe.is_file():
        return result_column(find_run(workspace.run(text)))
    step = _STEP.fullmatch(text)
    if step and not Path(text).is_dir():
        other = find_run(workspace.run(step[1])) if step[1] else run
        return checkpoint_column(other, int(step[2]))
    return folder_column(Path(text))


def result_column(run: RunFolder) -> ColumnSpec:
    """Return the column of a run's result.

    Raises:
        RunError: it has none yet.
    """
    if not (run.adapter / CONFIG).is_file():
        raise RunError(f"The run {run.id} has no adapter yet.", "Look at it with runs show.")
    return ColumnSpec(run.id, str(run.adapter), str(run.path))


def checkpoint_column(run: RunFolder, step: int) -> ColumnSpec:
    """Return the column of a checkpoint.

    Raises:
        RunError: there is none at that step.
    """
    folder = checkpoint_folder(run, step)
    found = next((f for f in (folder, folder / "adapter") if (f / CONFIG).is_file()), None)
    if found is None:
        raise RunError(
            f"The run {run.id} has no checkpoint at step {step:,}.", "Look at it with runs show."
        )
    return ColumnSpec(f"{run.id} step {step:,}", str(found), str(run.path))


def folder_column(folder: Path) -> ColumnSpec:
    """Return the column of an adapter from elsewhere.

    Raises:
        ModelError: the folder holds none.
    """
    if not (folder / CONFIG).is_file():
        raise ModelError(
            f"{str(folder)!r:.120} is neither a run, nor a checkpoint, nor an adapter's folder.",
            f"A folder of an adapter holds {CONFIG}.",
        )
    name = folder.resolve().name
    return ColumnSpec(f"{name} (folder)" if name == BASE else name, str(folder.resolve()))


def shots_column(shots: int) -> ColumnSpec:
    """Return the column of the base that is shown examples first."""
    return ColumnSpec(f"base + {shots} example{'' if shots == 1 else 's'}", shots=shots)


def read_schema(path: Path) -> str:
    """Return a JSON Schema from a file.

    Raises:
        DataError: it cannot be read, or holds none.
    """
    try:
        with path.open("rb") as file:
            text = file.read(_SCHEMA_BYTES + 1).decode("utf-8-sig")
        schema = json.loads(text) if len(text) <= _SCHEMA_BYTES else None
        if not isinstance(schema, dict):
            raise ValueError("it is no JSON object of a sensible size")
        if fault := fault_of_schema(schema):
            raise ValueError(fault)
    except (OSError, ValueError, RecursionError) as err:
        raise DataError(
            f"{path.name} is no JSON Schema: {err}.", "Choose a file with a schema as an object."
        ) from err
    return text


def _is_text(path: Path) -> bool:
    dataset = Dataset.open(path, read_only=True)
    try:
        return dataset.kind is Kind.TEXT
    finally:
        dataset.close()


def _check(workspace: Workspace, recipe: Recipe, columns: list[ColumnSpec]) -> None:
    names = [column.name for column in columns]
    double = next((name for name in names if names.count(name) > 1), "")
    if double:
        raise RunError(f"The column {double} is there twice.", "Name it once.")
    if not 1 <= len(columns) <= MOST_COLUMNS:
        raise RunError(
            f"An evaluation has 1 to {MOST_COLUMNS} columns, not {len(columns)}.",
            "Leave some out; their answers are kept for the next evaluation.",
        )
    base = resolve_model(workspace, recipe.model).resolve()
    for column in columns:
        other = read_recipe(RunFolder(Path(column.run)).recipe) if column.run else recipe
        if resolve_model(workspace, other.model).resolve() != base:
            raise RunError(
                f"{column.name} stands on {other.model}, not on {recipe.model}.",
                "Compare runs of one base.",
            )


def _numbers(recipe: Recipe, device: str) -> dict[str, Any]:
    return {
        "quantization": recipe.quantization,
        "double_quant": recipe.double_quant,
        "precision": recipe.precision,
        "device": device if device != "auto" else recipe.device,
    }

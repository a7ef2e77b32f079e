"""Who answers in the command ``chat``: runs, checkpoints, and adapters from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.core.problems import ModelError, RunError
from studio.core.protocol import LoadChat
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.recipefile import read_recipe
from studio.data.runfiles import find_run
from studio.machine.adapterfolder import require_fit
from studio.machine.models import resolve_model

LOAD = 1
MOST = 3
"""Adapted columns beside the base."""


def load_request(
    workspace: Workspace,
    runs: Sequence[str],
    checkpoints: Sequence[int] = (),
    folders: Sequence[Path] = (),
    device: str = "auto",
) -> LoadChat:
    """Return the request that loads the base of the first run with all columns on it.

    Args:
        workspace: where the runs are.
        runs: ids; each answers with its result.
        checkpoints: of the first run, instead of its result.
        folders: adapters from elsewhere, in PEFT's layout.
        device: "auto", "cpu" or "cuda".

    Raises:
        RunError: there is no such run, it has no adapter yet, or it is of another base.
        ModelError: the base is not there, or a folder holds no adapter that fits it.
    """
    first = find_run(workspace.run(runs[0]))
    recipe = read_recipe(first.recipe)
    model = resolve_model(workspace, recipe.model)
    columns = [_of_run(first, step) for step in checkpoints] or [_of_run(first, None)]
    columns += [_beside(workspace, run, first, recipe.model) for run in runs[1:]]
    columns += [_of_folder(folder, model) for folder in folders]
    _check_number(len(columns))
    return LoadChat(
        id=LOAD,
        model=str(model),
        adapter=columns[0]["adapter"],
        run=columns[0]["run"],
        quantization=recipe.quantization,
        double_quant=recipe.double_quant,
        precision=recipe.precision,
        device=device,
        others=list(columns[1:]),
    )


def _check_number(columns: int) -> None:
    if columns > MOST:
        raise ModelError(
            f"{columns + 1} columns were asked for; at most {MOST + 1} fit side by side.",
            "Name fewer runs, checkpoints or adapters.",
        )


def _beside(workspace: Workspace, run_id: str, first: RunFolder, base: str) -> dict[str, str]:
    """Return the column of a further run, which must be of the first one's base."""
    other = find_run(workspace.run(run_id))
    its = read_recipe(other.recipe).model
    if its != base:
        raise RunError(
            f"{other.id} was trained on {its}, {first.id} on {base}.",
            "Columns share one base: name runs of the same.",
        )
    return _of_run(other, None)


def _of_folder(folder: Path, model: Path) -> dict[str, str]:
    """Return the column of an adapter from elsewhere, which must fit the base."""
    place = folder.expanduser().resolve()
    require_fit(place, model)
    return {"name": place.name, "adapter": str(place), "run": ""}


def _of_run(run: RunFolder, step: int | None) -> dict[str, str]:
    adapter = run.adapter if step is None else checkpoint_folder(run, step)
    if step is not None and (adapter / "adapter" / "adapter_config.json").is_file():
        adapter = adapter / "adapter"
    if not (adapter / "adapter_config.json").is_file():
        what = "no adapter yet" if step is None else f"no checkpoint at step {step}"
        raise RunError(f"The run {run.id} has {what}.", "Look at it with runs show.")
    name = run.id if step is None else f"{run.id}-step-{step}"
    return {"name": name, "adapter": str(adapter), "run": str(run.path)}

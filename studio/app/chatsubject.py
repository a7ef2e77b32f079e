"""What can be talked to: the branches a run has grown, and how to load one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.machine.models import resolve_model

CONFIG = "adapter_config.json"


@dataclass(frozen=True, slots=True)
class Branch:
    """An adapter of a run that is whole on the disk.

    Attributes:
        folder: in PEFT's layout.
        title: "result" for the run's chosen result, else "step 240".
        step: of its checkpoint; 0 for the result.
    """

    folder: Path
    title: str
    step: int = 0


def branches_of(run: RunFolder) -> list[Branch]:
    """Return the adapters of a run: its result first, then its checkpoints from the last one."""
    found = []
    for step in checkpoint_steps(run):
        folder = checkpoint_folder(run, step)
        adapter = next((f for f in (folder, folder / "adapter") if (f / CONFIG).is_file()), None)
        if adapter is not None:
            found.append(Branch(adapter, f"step {step:,}", step))
    if (run.adapter / CONFIG).is_file():
        found.insert(0, Branch(run.adapter, "result"))
    return found


def branch_request(workspace: Workspace, run: RunFolder, branch: Branch) -> dict[str, Any]:
    """Return the arguments that load a run's base with one of its branches.

    Raises:
        StudioError: the run's recipe cannot be read, or its base is not on this computer.
    """
    recipe = read_recipe(run.recipe)
    model = resolve_model(workspace, recipe.model)
    return {"model": str(model), "adapter": str(branch.folder), "run": str(run.path)} | _numbers(
        recipe
    )


def base_request(model: Path, recipe: Recipe) -> dict[str, Any]:
    """Return the arguments that load a base alone, with the number format of a recipe."""
    return {"model": str(model), "adapter": "", "run": ""} | _numbers(recipe)


def _numbers(recipe: Recipe) -> dict[str, Any]:
    return {
        "quantization": recipe.quantization,
        "double_quant": recipe.double_quant,
        "precision": recipe.precision,
        "device": recipe.device,
    }

"""What a run goes on from: an adapter, copied into the run so that it stays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from studio.core.problems import RunError
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import file_hash, sync

_FILES = ("adapter_config.json", "adapter_model.safetensors")


def start_folder(workspace: Workspace, named: str) -> Path:
    """Return the folder of the adapter that a recipe's ``start_from`` names.

    Args:
        workspace: where runs are looked for.
        named: the folder of an adapter, or a run, whose result is meant.

    Raises:
        RunError: there is no adapter.
    """
    folder = Path(named).expanduser()
    run = workspace.run(named)
    if not folder.is_absolute() and run.recipe.is_file():
        folder = run.adapter
    elif not (folder / _FILES[0]).is_file() and (folder / "recipe.toml").is_file():
        folder = RunFolder(folder).adapter
    if not all((folder / name).is_file() for name in _FILES):
        raise RunError(
            f"There is no adapter to go on from in {folder}.",
            "Name a run that has a result, or the folder of a PEFT adapter in safetensors.",
        )
    return folder


def take_start(workspace: Workspace, named: str, staged: RunFolder) -> dict[str, Any]:
    """Copy the adapter that a run goes on from into it; return what its origin says of that.

    Raises:
        RunError: there is no adapter.
        OSError: it cannot be copied.
    """
    folder = start_folder(workspace, named)
    staged.start.mkdir(parents=True)
    for name in _FILES:
        shutil.copyfile(folder / name, staged.start / name)
        sync(staged.start / name)
    return {
        "folder": str(folder.resolve()),
        "run": _run_of(folder),
        "sha256": file_hash(staged.start / _FILES[1]),
    }


def _run_of(folder: Path) -> str:
    """Return the id of the run that an adapter's folder is in; empty for one from elsewhere."""
    parents = (folder.resolve(), *folder.resolve().parents)
    return next((path.name for path in parents if (path / "recipe.toml").is_file()), "")

"""Where the checkpoints of a run lie: in its own folder, and where the user sent them from there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from studio.core.problems import RunError
from studio.core.workspace import RunFolder

_NAME = "checkpoints.json"
"""In the run's folder: {"folders": [...]}, the last of which takes new checkpoints."""


def places_of(run: RunFolder) -> list[Path]:
    """Return the folders that have checkpoints of a run, the one for new ones first."""
    try:
        noted = json.loads((run.path / _NAME).read_bytes())["folders"]
        elsewhere = [Path(str(folder)) for folder in noted]
    except (OSError, ValueError, KeyError, TypeError):
        elsewhere = []
    return [*reversed(elsewhere), run.checkpoints]


def place_for_new(run: RunFolder) -> Path:
    """Return the folder that takes new checkpoints; it may not exist yet."""
    return places_of(run)[0]


def checkpoint_folder(run: RunFolder, step: int) -> Path:
    """Return the folder of a checkpoint, wherever it is; where it would be if there is none."""
    name = run.checkpoint(step).name
    folders = [place / name for place in places_of(run)]
    return next((folder for folder in folders if folder.is_dir()), folders[0])


def send_elsewhere(run: RunFolder, folder: Path) -> Path:
    """Let new checkpoints of a run go to another folder from now on; return their place in it.

    Raises:
        RunError: nothing can be written there.
    """
    place = folder.expanduser() / f"{run.id}-checkpoints"
    try:
        if not place.is_absolute():
            raise NotADirectoryError("it is no full path")
        place.mkdir(parents=True, exist_ok=True)
        probe = place / f".probe-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
        _note(run, [*reversed([p for p in places_of(run)[:-1] if p != place]), place])
    except OSError as err:
        raise RunError(
            f"Checkpoints cannot go to {folder}: {err.strerror or err}.", "Choose another folder."
        ) from err
    return place


def _note(run: RunFolder, folders: list[Path]) -> None:
    target = run.path / _NAME
    staged = target.with_name(f".{_NAME}.{os.getpid()}.partial")
    with staged.open("w", encoding="utf-8") as file:
        json.dump({"folders": [str(folder) for folder in folders]}, file)
        file.flush()
        os.fsync(file.fileno())
    staged.replace(target)

"""Model folders outside the workspace that the user added, kept in ``workspace.toml``."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

from studio.core.problems import StudioError
from studio.core.workspace import Workspace

KEY = "model_folders"


def remembered_folders(workspace: Workspace) -> list[Path]:
    """Return the folders the user added, in that order; a broken file counts as none."""
    try:
        listed = tomllib.loads(workspace.settings.read_text("utf-8")).get(KEY, [])
    except (OSError, ValueError):
        return []
    return [Path(str(item)) for item in listed] if isinstance(listed, list) else []


def remember_folder(workspace: Workspace, folder: Path) -> None:
    """Add a folder to the list; one that is there stays where it is.

    Raises:
        StudioError: the workspace's settings cannot be written.
    """
    folders = remembered_folders(workspace)
    if folder not in folders:
        _write(workspace, [*folders, folder])


def forget_folder(workspace: Workspace, folder: Path) -> None:
    """Take a folder off the list; its files stay.

    Raises:
        StudioError: the workspace's settings cannot be written.
    """
    _write(workspace, [item for item in remembered_folders(workspace) if item != folder])


def _write(workspace: Workspace, folders: list[Path]) -> None:
    import tomlkit  # keeps the user's comments; who only reads need not wait for it
    from tomlkit.exceptions import TOMLKitError

    path = workspace.settings
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        body = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
        body[KEY] = [str(folder) for folder in folders]
        staging.write_text(tomlkit.dumps(body), "utf-8")
        staging.replace(path)
    except (OSError, ValueError, TOMLKitError) as err:
        raise StudioError(
            f"{path} cannot be written.", "Check the file and its folder.", details=str(err)
        ) from err

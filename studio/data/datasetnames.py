"""Finds datasets of a workspace by name, and names that are still free."""

from __future__ import annotations

import difflib
from pathlib import Path

from studio.core.problems import DataError
from studio.core.workspace import Workspace, file_name


def resolve_dataset(workspace: Workspace, name: str) -> Path:
    """Return the file of a dataset: a name in the workspace, or a path to a .sqlite file.

    Raises:
        DataError: there is none, with the names that come near.
    """
    if name.endswith(".sqlite") and Path(name).is_file():
        return Path(name).resolve()
    names = workspace.dataset_names()
    if name in names:
        return workspace.dataset(name)
    if not name:
        raise DataError(
            "No dataset is named.",
            "Import a file, or open the example. A recipe names one under dataset, also beside a "
            "[[mix]]: its held-out rows judge the run.",
        )
    near = difflib.get_close_matches(name, names, n=1)
    listed = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(names[:8])}."
    raise DataError(
        f"There is no dataset {name!r} in the workspace.",
        listed if names else "Import one with graft-studio data import FILE.",
    )


def free_name(workspace: Workspace, wanted: str) -> str:
    """Return the wanted name as a file name, with a number behind it if it is taken."""
    name = file_name(wanted, "dataset")
    taken = {known.lower() for known in workspace.dataset_names()}
    number, free = 2, name
    while free.lower() in taken:
        number, free = number + 1, f"{name}-{number}"
    return free

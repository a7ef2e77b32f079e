"""Frozen rows that a new run takes over from an earlier one, whatever became of the dataset."""

from __future__ import annotations

import hashlib
import os
import shutil
from typing import Any

from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.loading import sync_folder
from studio.data.runfiles import read_origin

_ABOUT_ROWS = ("rows", "rows_sha256", "dataset_fingerprint", "mix")


def rows_size(source: RunFolder) -> int:
    """Return the bytes of a run's frozen rows.

    Raises:
        RunError: it has none.
    """
    try:
        return source.rows.stat().st_size
    except OSError as err:
        raise RunError(
            f"{source.id} has no frozen rows: {err.strerror or err}.",
            "Choose a dataset and train on that.",
        ) from err


def copy_rows(source: RunFolder, target: RunFolder) -> dict[str, Any]:
    """Give a run the frozen rows of another; return what its origin says about them.

    Raises:
        RunError: the rows are not those that the run was made with.
        OSError: they cannot be read or written.
    """
    origin = read_origin(source)
    known = origin.get("rows_sha256")
    with source.rows.open("rb") as file:
        if known and hashlib.file_digest(file, "sha256").hexdigest() != known:
            raise RunError(
                f"The frozen rows of {source.id} are not those it was made with.",
                f"Somebody changed {source.rows}. Train on the dataset instead.",
            )
    try:
        os.link(source.rows, target.rows)  # they never change, so both runs may have one file
    except OSError:  # another file system, or one without links
        shutil.copyfile(source.rows, target.rows)
    sync_folder(target.rows.parent)
    return {name: origin[name] for name in _ABOUT_ROWS if name in origin} | {"rows_from": source.id}

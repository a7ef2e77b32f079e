"""Runs that go to the system's trash, and come back from it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QFile

from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.runfiles import engine_of


def trash_run(folder: RunFolder, title: str) -> Callable[[], None] | None:
    """Move a run to the trash; return how it comes back, or None where the system does not tell.

    Raises:
        RunError: it is being trained, or the system has no trash for it.
    """
    if engine_of(folder) is not None:
        raise RunError(
            f"{title} is being trained: it cannot go to the trash.", "Stop it first, or discard it."
        )
    file = QFile(str(folder.path))
    if not file.moveToTrash():
        raise RunError(
            f"{title} could not be moved to the trash.",
            "Delete its folder by hand; Open folder shows it.",
        )
    there = Path(file.fileName())
    if there == folder.path or not there.is_dir():
        return None
    return lambda: _bring_back(there, folder, title)


def _bring_back(there: Path, folder: RunFolder, title: str) -> None:
    """Move a run out of the trash.

    Raises:
        RunError: it is not there any more, or another folder took its place.
    """
    if folder.path.exists() or not there.is_dir():
        raise RunError(
            f"{title} could not be brought back from the trash.",
            f"Look for {there.name} in the system's trash.",
        )
    try:
        shutil.move(there, folder.path)
    except OSError as err:
        raise RunError(
            f"{title} could not be brought back: {err.strerror or err}.",
            f"It lies in {there}.",
        ) from err
    with contextlib.suppress(OSError):  # the trash's own note, which points at nothing now
        (there.parent.parent / "info" / f"{there.name}.trashinfo").unlink()

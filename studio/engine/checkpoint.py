"""Commits checkpoints: written aside, brought to the disk, listed in a manifest, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from studio.core.problems import DiskFullError
from studio.core.units import MIB, file_size
from studio.core.workspace import RunFolder
from studio.data.checkpoints import STAGING, checkpoint_steps, sync, write_manifest
from studio.machine.disk import free_bytes

KEPT = 3
"""Newest checkpoints that stay; the best one stays too."""
_SPARE = 64 * MIB
"""Bytes that must stay free after a checkpoint: events and the log go on."""


def commit(run: RunFolder, step: int, write: Callable[[Path], None]) -> int:
    """Make the checkpoint of a step appear whole or not at all; return its bytes.

    Args:
        run: the run, whose lock this process holds.
        step: optimizer steps done.
        write: fills an empty folder with the checkpoint's files.

    Raises:
        DiskFullError: there is no room for another checkpoint.
        OSError: it cannot be written; the older checkpoints are untouched.
    """
    _require_room(run)
    run.checkpoints.mkdir(exist_ok=True)
    target = run.checkpoint(step)
    staged = run.checkpoints / f"{STAGING}{step}-{os.getpid()}"
    replaced = run.checkpoints / f"{STAGING}old-{step}-{os.getpid()}"
    try:
        staged.mkdir()
        write(staged)
        size = write_manifest(staged, step)
        if target.exists():  # of the same step, from before a resume
            target.rename(replaced)
        staged.rename(target)
        sync(run.checkpoints)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)
    return size


def place_folder(target: Path, write: Callable[[Path], None]) -> None:
    """Make a folder appear whole, in the place of one of the same name.

    Raises:
        OSError: it cannot be written; what was there is untouched.
    """
    staged = target.with_name(f"{STAGING}{target.name}-{os.getpid()}")
    replaced = target.with_name(f"{STAGING}old-{target.name}-{os.getpid()}")
    try:
        staged.mkdir()
        write(staged)
        for path in staged.rglob("*"):
            sync(path)
        sync(staged)
        if target.exists():
            target.rename(replaced)
        staged.rename(target)
        sync(target.parent)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def sweep(run: RunFolder) -> None:
    """Remove what a killed engine left half-written."""
    for folder in (run.path, run.checkpoints):
        for path in folder.glob(f"{STAGING}*"):
            shutil.rmtree(path, ignore_errors=True)
    for path in run.rows.parent.glob(".*.partial"):
        with suppress(OSError):
            path.unlink()


def drop_old(run: RunFolder, best: int) -> None:
    """Delete all but the newest checkpoints and the best one.

    Args:
        run: the run.
        best: step of the checkpoint with the lowest held-out loss; 0 for none.
    """
    for step in checkpoint_steps(run)[KEPT:]:
        if step != best:
            shutil.rmtree(run.checkpoint(step), ignore_errors=True)


def _require_room(run: RunFolder) -> None:
    steps = checkpoint_steps(run)
    files = run.checkpoint(steps[0]).rglob("*") if steps else []
    last = sum(path.stat().st_size for path in files if path.is_file())
    needed, free = round(1.2 * last) + _SPARE, free_bytes(run.path)
    if free < needed:
        raise DiskFullError(
            f"A checkpoint needs {file_size(needed)} and {file_size(free)} are free where "
            f"{run.path} lies.",
            f"Free {file_size(needed - free)}, then resume the run.",
        )

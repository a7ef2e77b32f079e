"""Commits checkpoints: written aside, brought to the disk, listed in a manifest, then renamed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from studio.core.units import MIB
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder, place_for_new, places_of
from studio.data.checkpoints import (
    STAGING,
    checkpoint_steps,
    drop_aside,
    sync,
    write_manifest,
)

SPARE = 64 * MIB
"""Bytes that must stay free after a checkpoint: events and the log go on."""


def commit(run: RunFolder, step: int, write: Callable[[Path], None]) -> int:
    """Make the checkpoint of a step appear whole or not at all; return its bytes.

    Args:
        run: the run, whose lock this process holds.
        step: optimizer steps done.
        write: fills an empty folder with the checkpoint's files.

    Raises:
        OSError: it cannot be written; the older checkpoints are untouched.
    """
    place = place_for_new(run)
    place.mkdir(exist_ok=True)
    target = place / run.checkpoint(step).name
    staged = place / f"{STAGING}{step}-{os.getpid()}"
    replaced = place / f"{STAGING}old-{step}-{os.getpid()}"
    try:
        staged.mkdir()
        write(staged)
        size = write_manifest(staged, step)
        if target.exists():  # of the same step, from before a resume
            target.rename(replaced)
        staged.rename(target)
        sync(place)
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
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        shutil.rmtree(staged, ignore_errors=True)
        shutil.rmtree(replaced, ignore_errors=True)


def sweep(run: RunFolder) -> None:
    """Remove what a killed engine left half-written."""
    for folder in (run.path, *places_of(run)):
        for path in folder.glob(f"{STAGING}*"):
            shutil.rmtree(path, ignore_errors=True)
    for path in run.rows.parent.glob(".*.partial"):
        with suppress(OSError):
            path.unlink()


def drop_old(run: RunFolder, best: int, keep: int, also: int = 0) -> None:
    """Delete checkpoints until so many are left: the last, the best, and the newest others.

    Args:
        run: the run.
        best: step of the checkpoint with the lowest held-out loss; 0 for none.
        keep: how many stay, at least 2.
        also: step of the checkpoint that a guard may go back to; 0 for none.
    """
    steps = checkpoint_steps(run)
    first = [steps[0], *(step for step in steps[1:] if step in (best, also))] if steps else []
    kept = (first + [step for step in steps if step not in first])[: max(keep, len(first))]
    for step in steps:
        if step not in kept:
            _remove(checkpoint_folder(run, step))
    drop_aside(run, steps[0] if steps else 0)


def _remove(folder: Path) -> None:
    """Delete a checkpoint; if that is cut short, what is left is none any more."""
    gone = folder.with_name(f"{STAGING}gone-{folder.name}")
    with suppress(OSError):  # it stays then, whole, and is tried again at the next one
        shutil.rmtree(gone, ignore_errors=True)
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)


def room_wanted(run: RunFolder) -> int:
    """Return the bytes that must be free for the next checkpoint, going by the last one."""
    steps = checkpoint_steps(run)
    files = checkpoint_folder(run, steps[0]).rglob("*") if steps else []
    last = sum(path.stat().st_size for path in files if path.is_file())
    return round(1.2 * last) + SPARE


def path_in(run: RunFolder, folder: Path) -> str:
    """Return where a checkpoint is: relative to the run's folder if it is in there."""
    inside = folder.is_relative_to(run.path)
    return (folder.relative_to(run.path) if inside else folder).as_posix()

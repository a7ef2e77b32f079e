"""Checkpoints on disk: only one whose manifest verifies is trusted.

A checkpoint's manifest lists every other file with its name, size and sha256; it is written last.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder, places_of

MANIFEST = "manifest.json"
STAGING = ".staging-"
"""What the name of a checkpoint starts with while it is being written."""
ASIDE = "aside"
"""Folder inside that of the checkpoints: those that the run went back behind."""
_STEP = re.compile(r"step-(\d+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One committed checkpoint; verified if every file has the size and hash of the manifest."""

    step: int
    folder: Path
    verified: bool


def checkpoints_of(run: RunFolder) -> list[Checkpoint]:
    """Return the checkpoints of a run by step; reads every byte of them."""
    folders = [(step, checkpoint_folder(run, step)) for step in sorted(checkpoint_steps(run))]
    return [Checkpoint(step, folder, is_whole(folder)) for step, folder in folders]


def checkpoint_steps(run: RunFolder) -> list[int]:
    """Return the steps of the checkpoints on disk, whole or not, the newest first."""
    names = {path.name for place in places_of(run) for path in place.glob("step-*")}
    found = (_STEP.fullmatch(name) for name in names)
    return sorted((int(match[1]) for match in found if match), reverse=True)


def latest_verified(run: RunFolder) -> tuple[int, list[str]]:
    """Return the step of the newest whole checkpoint, 0 without one, and why newer ones are not.

    The reasons are sentences.
    """
    reasons: list[str] = []
    for step in checkpoint_steps(run):
        fault = fault_of(checkpoint_folder(run, step))
        if not fault:
            return step, reasons
        reasons.append(f"The checkpoint of step {step} {fault}.")
    return 0, reasons


def set_aside_after(run: RunFolder, step: int) -> None:
    """Move the checkpoints after a step to where no engine resumes from them.

    Raises:
        OSError: one cannot be moved.
    """
    for place in places_of(run):
        for later in place.glob("step-*"):
            match = _STEP.fullmatch(later.name)
            if match and int(match[1]) > step:
                target = place / ASIDE / later.name
                target.parent.mkdir(exist_ok=True)
                shutil.rmtree(target, ignore_errors=True)  # of the same step, set aside before
                later.rename(target)
                sync(place)


def drop_aside(run: RunFolder, step: int) -> None:
    """Delete checkpoints that were set aside, up to a step that is committed again."""
    for place in places_of(run):
        for old in (place / ASIDE).glob("step-*"):
            match = _STEP.fullmatch(old.name)
            if match and int(match[1]) <= step:
                shutil.rmtree(old, ignore_errors=True)


def is_whole(folder: Path) -> bool:
    """Return whether a checkpoint's manifest is there and every file in it is as written."""
    return not fault_of(folder)


def fault_of(folder: Path) -> str:
    """Return what is wrong with a checkpoint as half a sentence; empty if it is whole."""
    try:
        entries = _entries(json.loads((folder / MANIFEST).read_bytes()))
    except FileNotFoundError:
        return "has no manifest"
    except (OSError, ValueError, KeyError, TypeError):
        return "has a manifest that cannot be read"
    for name, size, digest in entries:
        path = folder / name
        try:
            if not path.is_file():
                return f"lacks {name}"
            if path.stat().st_size != size or file_hash(path) != digest:
                return f"has a damaged {name}"
        except OSError as err:
            return f"has a {name} that cannot be read: {err.strerror or err}"
    return ""


def write_manifest(folder: Path, step: int) -> int:
    """Bring all files of a folder to the disk and list them in its manifest; return their bytes."""
    entries = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        entries.append({"name": name, "size": path.stat().st_size, "sha256": file_hash(path)})
        sync(path)
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        json.dump({"version": 1, "step": step, "files": entries}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    sync(folder)
    return sum(int(str(entry["size"])) for entry in entries)


def file_hash(path: Path) -> str:
    """Return the sha256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, reach the disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows cannot open folders, and brings names to the disk itself
    opened = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST)


def _entries(manifest: Any) -> list[tuple[str, int, str]]:
    """Return name, size and sha256 of each file.

    Raises:
        ValueError: there is none, or a name leaves the folder.
    """
    entries = [(str(e["name"]), int(e["size"]), str(e["sha256"])) for e in manifest["files"]]
    if not entries:
        raise ValueError("a manifest without files")
    for name, *_ in entries:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{name} leaves the folder")
    return entries

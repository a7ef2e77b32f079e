"""Which checkpoints a run has, and whether each is as it was when it was committed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.workspace import RunFolder

MANIFEST = "manifest.json"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One committed checkpoint; verified if every file has the size and hash of the manifest."""

    step: int
    folder: Path
    verified: bool


def checkpoints_of(run: RunFolder) -> list[Checkpoint]:
    """Return the checkpoints of a run by step; reads every byte of them."""
    found = []
    for folder in run.checkpoints.glob("step-*"):
        number = folder.name.removeprefix("step-")
        if folder.is_dir() and number.isdigit():
            found.append(Checkpoint(int(number), folder, is_whole(folder)))
    return sorted(found, key=lambda checkpoint: checkpoint.step)


def is_whole(folder: Path) -> bool:
    """Return whether a checkpoint's manifest is there and every file in it is as written."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return bool(manifest["files"]) and all(_is_same(folder, e) for e in manifest["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_same(folder: Path, entry: dict[str, Any]) -> bool:
    path = folder / entry["name"]
    if path.stat().st_size != entry["size"]:
        return False
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return bool(digest.hexdigest() == entry["sha256"])

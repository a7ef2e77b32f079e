"""The file beside a fetched model that says where it is from and what its files must hash to."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from studio.core.problems import FetchError

MANIFEST = "graft.json"
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """What is known about a model in the workspace."""

    name: str
    source: str
    """One sentence for the user: where it is from."""
    label: str
    """Shown beside the name: "official weights" or "from 4-bit weights"."""
    licence: str
    revision: str
    """Of the repository or package that it was made from."""
    files: dict[str, dict[str, Any]]
    """Relative path to {"size": bytes, "sha256": hex}."""


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def files_of(folder: Path) -> Iterator[Path]:
    """Yield the files of a model folder, the manifest left out, in a fixed order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != MANIFEST:
            yield path


def write_manifest(folder: Path, manifest: ModelManifest) -> None:
    """Hash the files of a folder and write its manifest last, so that it vouches for all."""
    for path in files_of(folder):
        _settle(path)
    files = {
        path.relative_to(folder).as_posix(): {
            "size": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in files_of(folder)
    }
    text = json.dumps(asdict(manifest) | {"files": files}, indent=2, ensure_ascii=False)
    with (folder / MANIFEST).open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())


def _settle(path: Path) -> None:
    """Bring a file to the disk, readable like any other: some writers leave it to its owner."""
    path.chmod(0o644)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def read_manifest(folder: Path) -> ModelManifest | None:
    """Return the manifest of a folder; None when there is none that can be read."""
    try:
        body = json.loads((folder / MANIFEST).read_text("utf-8"))
        return ModelManifest(**{name: body[name] for name in ModelManifest.__slots__})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def check_files(folder: Path, manifest: ModelManifest) -> None:
    """Compare the files of a folder with its manifest.

    Raises:
        FetchError: a file is missing or is not what the manifest says.
    """
    for name, fact in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise FetchError(f"{name} is missing in {folder}.", "Fetch the model again.")
        if path.stat().st_size != fact["size"] or sha256_of(path) != fact["sha256"]:
            raise FetchError(f"{name} in {folder} is damaged.", "Fetch the model again.")

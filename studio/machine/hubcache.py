"""Models in the Hugging Face cache on this disk; it belongs to others and is only read."""

from __future__ import annotations

from pathlib import Path

from studio.machine.places import hub_cache

_PREFIX = "models--"
LABEL = "in the Hugging Face cache"


def cached_folders() -> list[Path]:
    """Return the newest snapshot of each model of the cache that has settings and safetensors."""
    found = (_snapshot(repo) for repo in sorted(hub_cache().glob(f"{_PREFIX}*--*")))
    return [folder for folder in found if folder is not None]


def in_cache(folder: Path) -> bool:
    """Whether a folder is a snapshot of a cache, whose files are links to blobs beside it."""
    return folder.parent.name == "snapshots" and folder.parent.parent.name.startswith(_PREFIX)


def folder_name(folder: Path) -> str:
    """Return a model folder's name; a snapshot is named by its repository, not by its commit."""
    if in_cache(folder):
        return folder.parent.parent.name.removeprefix(_PREFIX).rpartition("--")[2]
    return folder.name


def _snapshot(repo: Path) -> Path | None:
    try:
        commit = (repo / "refs" / "main").read_text("ascii").strip()
        folder = repo / "snapshots" / Path(commit).name
        if commit and (folder / "config.json").is_file() and any(folder.glob("*.safetensors")):
            return folder
    except (OSError, ValueError):
        return None  # half a download, or a cache of another program's making
    return None

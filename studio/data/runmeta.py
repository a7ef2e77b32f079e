"""What the user says about a run: title, notes and tags, the only part of it that may change."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

import tomlkit

from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.loading import sync_folder
from studio.data.runfiles import read_meta

MOST_TAG = 40
"""Characters of a tag."""


@dataclass(frozen=True, slots=True)
class RunMeta:
    """The words about one run; an empty title stands for the run's id."""

    title: str = ""
    notes: str = ""
    tags: tuple[str, ...] = ()


def meta_of(folder: RunFolder) -> RunMeta:
    """Return what is said about a run; what cannot be read is empty."""
    found = read_meta(folder)
    tags = found.get("tags")
    return RunMeta(
        title=str(found.get("title") or ""),
        notes=str(found.get("notes") or ""),
        tags=clean_tags(str(tag) for tag in tags) if isinstance(tags, list) else (),
    )


def write_meta(folder: RunFolder, meta: RunMeta) -> None:
    """Write what is said about a run; the file is replaced whole or stays as it was.

    Keys that another version wrote are kept.

    Raises:
        RunError: the folder cannot be written to.
    """
    kept = {
        key: value
        for key, value in read_meta(folder).items()
        if key not in ("title", "notes", "tags")
    }
    body = {"title": meta.title.strip(), "notes": meta.notes, "tags": list(clean_tags(meta.tags))}
    staged = folder.meta.with_name(f".{folder.meta.name}.{os.getpid()}.partial")
    try:
        with staged.open("w", encoding="utf-8", newline="\n") as file:
            file.write(tomlkit.dumps(body | kept))
            file.flush()
            os.fsync(file.fileno())
        staged.replace(folder.meta)
        sync_folder(folder.path)
    except OSError as err:
        staged.unlink(missing_ok=True)
        raise RunError(
            f"What you said about {folder.id} could not be kept: {err.strerror or err}.",
            f"Look whether {folder.path} may be written to.",
        ) from err


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without blanks around them, without doubles, each short enough for a table."""
    cut = (" ".join(tag.split())[:MOST_TAG].strip(", ") for tag in tags)
    return tuple(dict.fromkeys(tag for tag in cut if tag))


def parsed_tags(text: str) -> tuple[str, ...]:
    """Return the tags of a line with commas between."""
    return clean_tags(text.split(","))

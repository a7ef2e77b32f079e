"""Downloads of models that were begun and not finished: what came stays in a folder beside them."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from studio.core.workspace import file_name

NOTE = "begun.json"
WEIGHTS = "model"
"""The folder in it that becomes the model."""
_PREFIX = ".begun-"


@dataclass(frozen=True, slots=True)
class BegunFetch:
    """A download that can go on.

    Attributes:
        repo: owner/name on the Hub.
        revision: the commit it was begun at; what follows is taken from the same one.
        total_bytes: of all its files.
        done_bytes: of what came so far.
    """

    repo: str
    revision: str
    total_bytes: int
    done_bytes: int


def begun_folder(models: Path, repo: str) -> Path:
    """Return the hidden folder in which a model's files are gathered."""
    return models / (_PREFIX + file_name(repo.replace("/", "--"), "model"))


def begun_fetches(models: Path) -> list[BegunFetch]:
    """Return what was begun in a folder of models, by name; what cannot be read is left out."""
    found = (read_begun(folder) for folder in sorted(models.glob(_PREFIX + "*")))
    return [begun for begun in found if begun is not None]


def read_begun(folder: Path) -> BegunFetch | None:
    """Return what is known of a download; None when there is none."""
    try:
        body = json.loads((folder / NOTE).read_text("utf-8"))
        done = _bytes_in(folder / WEIGHTS)
        return BegunFetch(str(body["repo"]), str(body["revision"]), int(body["size"]), done)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note_begun(folder: Path, repo: str, revision: str, size: int) -> None:
    """Write down what a folder is for, whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    staging = folder / f".{NOTE}.{os.getpid()}"
    body = {"repo": repo, "revision": revision, "size": size}
    staging.write_text(json.dumps(body) + "\n", "utf-8")
    staging.replace(folder / NOTE)


def discard_begun(models: Path, repo: str) -> None:
    """Remove what came of a download; nothing happens if nothing came."""
    shutil.rmtree(begun_folder(models, repo), ignore_errors=True)


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.glob("*"):
        with suppress(OSError):  # files come and go while a download runs
            total += path.stat().st_size
    return total

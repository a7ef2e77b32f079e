"""The example dataset: questions to the desk of a small hotel, with rows held out."""

from __future__ import annotations

import json
from pathlib import Path

from studio.core.example import TEST, TRAIN
from studio.core.problems import DataError
from studio.core.resources import resource
from studio.core.workspace import Workspace
from studio.data.loading import Loader
from studio.data.splits import choose_validation

NAME = "hotel-concierge"
VALIDATION_ROWS = 24
_PARTS = (("train.jsonl", TRAIN), ("heldout.jsonl", TEST))


def install_demo(workspace: Workspace) -> str:
    """Put the example into the workspace if it is not there; return its name.

    Raises:
        DataError: the bundled files are missing, or the workspace cannot be written to.
    """
    target = workspace.dataset(NAME)
    if target.exists():
        return NAME
    rows = [row for file, split in _PARTS for row in _read(resource("datasets", NAME, file), split)]
    train = [at for at, (_, split) in enumerate(rows) if split == TRAIN]
    chosen = set(choose_validation(train, VALIDATION_ROWS / max(1, len(train))))
    loader = Loader(target)
    try:
        loader.add_source(
            NAME, "jsonl", {role: role for role in ("instruction", "input", "output")}
        )
        for at, (line, split) in enumerate(rows):
            values = json.loads(line)
            texts = (values["instruction"], values.get("input", ""), values["output"])
            loader.add(texts, "validation" if at in chosen else split, raw=line)
        loader.finish()
    finally:
        loader.discard()
    return NAME


def _read(path: Path, split: str) -> list[tuple[bytes, str]]:
    try:
        with path.open("rb") as file:
            return [(line, split) for line in file if line.strip()]
    except OSError as err:
        raise DataError(
            f"The example dataset is missing from this installation: {path} cannot be read.",
            "Install graft-studio again.",
        ) from err

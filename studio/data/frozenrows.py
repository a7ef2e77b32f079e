"""Freezes the rows of a run: those of its dataset, or of every part of its mix, as they are now."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from studio.core.example import FIELDS, SPLITS, TEST, TRAIN, VALIDATION, Kind
from studio.core.problems import RecipeError, RunError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import PartRows, count_mix, draw
from studio.data.store import Dataset, Row

_PAGE = 1000
"""Rows read at once."""
_KINDS: dict[str, tuple[Kind, ...]] = {
    "instruction": tuple(Kind),
    "text": tuple(Kind),
    "dpo": (Kind.PREFERENCE,),
    "kto": (Kind.PREFERENCE,),
    "reward": (Kind.PREFERENCE,),
}
"""What the rows of each objective may be; answers are learned from any that have one."""


def freeze(workspace: Workspace, recipe: Recipe, target: Path) -> dict[str, Any]:
    """Write the rows of a run as JSON lines; return what its origin says about them.

    Rows of a mix name their dataset. Rows that judge are those that the recipe's own dataset holds
    out, without a split that the mix trains on.

    Args:
        workspace: where the datasets are.
        recipe: says which rows.
        target: the file, which is made.

    Raises:
        DataError: a dataset is missing or cannot be read.
        RecipeError: the mix cannot be put together.
        RunError: there is no row to train on.
        OSError: the file cannot be written.
    """
    with target.open("wb") as file:
        writer = _Writer(file)
        told = _freeze_mix if recipe.mix else _freeze_one
        origin = told(workspace, recipe, writer)
        file.flush()
        os.fsync(file.fileno())
    return {"rows": writer.counts, "rows_sha256": writer.digest.hexdigest(), **origin}


class _Writer:
    """Writes rows, counts them by split, and hashes what it wrote."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digest = hashlib.sha256()
        self.counts = dict.fromkeys(SPLITS, 0)

    def write(self, rows: Iterable[Row], split: str = "", dataset: str = "") -> None:
        """Write rows, under another split than their own if one is named."""
        for row in rows:
            body: dict[str, Any] = {"row": row.id, "split": split or row.split}
            if dataset:
                body["dataset"] = dataset
            body |= {"kind": row.kind, **dict(zip(FIELDS[row.kind], row.texts, strict=True))}
            line = json.dumps(body, ensure_ascii=False).encode() + b"\n"
            self.digest.update(line)
            self._file.write(line)
            self.counts[body["split"]] += 1


def _freeze_one(workspace: Workspace, recipe: Recipe, writer: _Writer) -> dict[str, Any]:
    path = resolve_dataset(workspace, recipe.dataset)
    with Dataset.open(path, read_only=True) as data, data.held_still():
        _check_kind(recipe, path.stem, data.kind)
        writer.write(data.rows())
        fingerprint = data.fingerprint()
    if not writer.counts[TRAIN]:
        raise RunError(
            f"{path.stem} has no row to train on.",
            "Add rows, or put some of them into the split train.",
        )
    return {"dataset_fingerprint": fingerprint}


def _freeze_mix(workspace: Workspace, recipe: Recipe, writer: _Writer) -> dict[str, Any]:
    told = []
    for part in count_mix(workspace, recipe):
        name = part.path.stem
        with Dataset.open(part.path, read_only=True) as data, data.held_still():
            _check_kind(recipe, name, data.kind)
            drawn = draw(data.find(split=part.part.split), part.rows, recipe.seed, name)
            writer.write(_rows_of(data, drawn.tolist()), TRAIN, name)
            told.append(_told(part, data.fingerprint()))
    if not writer.counts[TRAIN]:
        raise RunError(
            "The mix has no row to train on.",
            "Give its datasets rows in the splits that it takes, or change the mix.",
        )
    path = resolve_dataset(workspace, recipe.dataset)
    used = {part["split"] for part in told if part["dataset"] == path.stem}
    with Dataset.open(path, read_only=True) as data, data.held_still():
        for split in (VALIDATION, TEST):
            if split not in used:
                held = data.find(split=split)
                writer.write(_rows_of(data, held.tolist()), dataset=path.stem)
        return {"dataset_fingerprint": data.fingerprint(), "mix": told}


def _told(part: PartRows, fingerprint: str) -> dict[str, Any]:
    return {
        **part.part.to_mapping(),
        "dataset": part.path.stem,
        "split": part.part.split,
        "rows_there": part.there,
        "rows_used": part.rows,
        "fingerprint": fingerprint,
    }


def _rows_of(data: Dataset, row_ids: list[int]) -> Iterator[Row]:
    for start in range(0, len(row_ids), _PAGE):
        yield from data.rows_of(row_ids[start : start + _PAGE])


def _check_kind(recipe: Recipe, name: str, kind: Kind) -> None:
    allowed = _KINDS[recipe.objective]
    if kind not in allowed:
        words = " or ".join(allowed)
        raise RecipeError(
            {"objective": f"is {recipe.objective}, which learns from {words} rows"},
            f"{name} holds {kind} rows; convert it, or choose another objective.",
        )

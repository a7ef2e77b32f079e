"""Looks before a run for general questions that its training rows hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from studio.core.example import texts_of
from studio.core.probes import find_leaks
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.guardrows import guard_probes
from studio.data.mixing import draw, mix_rows, parts_of
from studio.data.store import Dataset

MOST_NAMED = 1000
"""Rows that are named for one question."""


@dataclass(frozen=True, slots=True)
class LeaksFound:
    """Which general questions are in the training rows.

    Attributes:
        probes: how many are asked.
        leaks: id of a question to ids of the rows of the recipe's own dataset that hold it.
        rows: how many rows were looked at.
        elsewhere: id of a question to the names of other datasets of the mix that hold it.
    """

    probes: int = 0
    leaks: dict[str, list[int]] = field(default_factory=dict)
    rows: int = 0
    elsewhere: dict[str, list[str]] = field(default_factory=dict)


class _Stopped(Exception):
    """Nobody wants to know any more."""


def look_before(
    workspace: Workspace, recipe: Recipe, stopped: Callable[[], bool] = lambda: False
) -> LeaksFound | None:
    """Return which of a recipe's general questions are in the rows that it would train on.

    All rows are looked at, of a mix those that are drawn for it.

    Args:
        workspace: where the datasets are.
        recipe: whose questions and rows are compared.
        stopped: asked at each row; None is returned once it says so.

    Raises:
        DataError: a dataset cannot be read, or has no question.
        RecipeError: a part of the mix would have too many rows.
    """
    probes = guard_probes(workspace, recipe)
    own, found = resolve_dataset(workspace, recipe.dataset), LeaksFound(len(probes))
    looked = 0
    try:
        for path, split, wanted in _drawn(workspace, recipe):
            rows = _Rows(path, split, wanted, recipe.seed, stopped)
            for probe, ids in find_leaks(probes, rows).items():
                if path == own:
                    found.leaks[probe] = sorted({*found.leaks.get(probe, []), *ids})[:MOST_NAMED]
                else:
                    names = found.elsewhere.setdefault(probe, [])
                    names += [path.stem] if path.stem not in names else []
            looked += rows.looked
    except _Stopped:
        return None
    return LeaksFound(found.probes, found.leaks, looked, found.elsewhere)


def _drawn(workspace: Workspace, recipe: Recipe) -> list[tuple[Path, str, int]]:
    """Return dataset, split and number of rows of each part; one part if there is no mix."""
    parts = parts_of(recipe)
    paths = [resolve_dataset(workspace, part.dataset) for part in parts]
    there = []
    for path, part in zip(paths, parts, strict=True):
        with Dataset.open(path, read_only=True) as data:
            there.append(data.split_counts()[part.split])
    rows = mix_rows(recipe, there)
    return [(p, part.split, n) for p, part, n in zip(paths, parts, rows, strict=True)]


class _Rows:
    """Id and text of each row that a part gives, once."""

    def __init__(
        self, path: Path, split: str, wanted: int, seed: int, stopped: Callable[[], bool]
    ) -> None:
        self._path, self._split, self._wanted = path, split, wanted
        self._seed, self._stopped = seed, stopped
        self.looked = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        with Dataset.open(self._path, read_only=True) as data:
            ids = data.find(split=self._split)
            if self._wanted < len(ids):
                ids = np.unique(draw(ids, self._wanted, self._seed, self._path.stem))
            for row in data.rows_of(ids.tolist()):
                if self._stopped():
                    raise _Stopped
                self.looked += 1
                yield row.id, "\n".join(texts_of(row.example))

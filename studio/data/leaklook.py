"""Looks before a run for general questions that its training rows hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from studio.core.example import TRAIN, texts_of
from studio.core.probes import find_leaks
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.guardrows import guard_probes
from studio.data.store import Dataset

MOST_ROWS = 5000
"""Training rows that are looked at before a start; the run itself looks at all of them."""


@dataclass(frozen=True, slots=True)
class LeaksFound:
    """Which general questions are in the training rows.

    Attributes:
        probes: how many are asked.
        leaks: id of a question to ids of the rows that hold it.
        rows: how many rows were looked at.
    """

    probes: int = 0
    leaks: dict[str, list[int]] = field(default_factory=dict)
    rows: int = 0


def look_before(workspace: Workspace, recipe: Recipe, dataset: Path) -> LeaksFound:
    """Return which of a recipe's general questions are in the first training rows of a dataset.

    Raises:
        DataError: a dataset cannot be read, or has no question.
    """
    probes = guard_probes(workspace, recipe)
    with Dataset.open(dataset, read_only=True) as data:
        ids = data.find(split=TRAIN)[:MOST_ROWS].tolist()
        texts = ((row.id, "\n".join(texts_of(row.example))) for row in data.rows_of(ids))
        return LeaksFound(len(probes), find_leaks(probes, texts), len(ids))

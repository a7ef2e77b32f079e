"""What can be evaluated: runs, the columns that go with each, splits and their rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from studio.app.chatsubject import branches_of
from studio.core.evaluation import BASE, ColumnSpec, EvaluationSetup
from studio.core.example import SPLITS
from studio.core.workspace import Workspace
from studio.data.evaluationsetup import Wanted, folder_column, make_setup, shots_column
from studio.data.runfiles import RunSummary
from studio.data.store import Dataset

MOST_CHECKPOINTS = 12


def columns_of(summary: RunSummary, runs: Sequence[RunSummary]) -> list[ColumnSpec]:
    """Return who can answer beside the base: the run, its checkpoints, other runs on its base."""
    made = []
    for branch in branches_of(summary.folder)[: MOST_CHECKPOINTS + 1]:
        name = summary.run if not branch.step else f"{summary.run} {branch.title}"
        made.append(ColumnSpec(name, str(branch.folder), str(summary.folder.path)))
    for other in runs:
        if other.run != summary.run and other.model == summary.model and other.adapter is not None:
            made.append(ColumnSpec(other.run, str(other.adapter), str(other.folder.path)))
    return made


def column_of_folder(folder: Path) -> ColumnSpec:
    """Return the column of an adapter from elsewhere.

    Raises:
        ModelError: the folder holds none.
    """
    return folder_column(folder)


def split_counts(workspace: Workspace, dataset: str) -> dict[str, int]:
    """Return the rows of each split.

    Raises:
        DataError: the dataset cannot be read.
    """
    file = Dataset.open(workspace.dataset(dataset), read_only=True)
    try:
        counts = file.split_counts()
    finally:
        file.close()
    return {split: counts.get(split, 0) for split in SPLITS}


def setup_of(
    workspace: Workspace,
    summary: RunSummary,
    columns: Sequence[ColumnSpec],
    shots: int,
    wanted: Wanted,
) -> EvaluationSetup:
    """Return the setup of the base, the chosen columns, and the base with examples if wanted.

    Raises:
        StudioError: they do not go together.
    """
    chosen = [ColumnSpec(BASE), *columns, *([shots_column(shots)] if shots else [])]
    return make_setup(workspace, summary.folder, chosen, wanted)

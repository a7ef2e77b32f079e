"""What checks have found out about rows, as splitting and mixing ask for it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from studio.core.problems import ModelError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.bulkrows import Cancelled, Progress
from studio.data.checks import sidecar
from studio.data.mixing import Lengths, LengthsOf
from studio.data.rowreader import RowReader
from studio.data.splitsurvey import Alike
from studio.machine.models import resolve_model

_NEAR = ("near_duplicate", "leak_near")
"""Problems whose detail begins with the row that a row is nearly like."""
_LENGTHS = """
SELECT row, stamp, MIN(tokens, :limit), MIN(trained, MAX(:limit - prompt, 0)) FROM lengths
ORDER BY row
"""


def checked_lengths(workspace: Workspace) -> LengthsOf:
    """Return what knows the lengths of rows that were checked with the recipe's model.

    They are cut at the recipe's limit; rows that changed since are not among them.
    """

    def lengths_of(data: RowReader, recipe: Recipe) -> Lengths | None:
        found = _asked(workspace, data, recipe)
        rows = np.array(found, np.int64).reshape(-1, 4)
        rows = rows[data.stamps(rows[:, 0]) == rows[:, 1]]
        return Lengths(rows[:, 0], rows[:, 2], rows[:, 3]) if len(rows) else None

    return lengths_of


def checked_alike(workspace: Workspace) -> Alike:
    """Return what knows the near duplicates that checks found; none where nothing was checked."""

    def alike(
        data: RowReader, _progress: Progress, _cancelled: Cancelled
    ) -> Iterator[Sequence[int]]:
        opened = sidecar.open_reading(sidecar.place(workspace.path, data.uid))
        if opened is None:
            return
        with closing(opened):
            pairs = opened.execute(
                f"SELECT row, CAST(detail AS INTEGER) FROM problems WHERE code IN {_NEAR}"
            )
            yield from pairs.fetchall()

    return alike


def _asked(workspace: Workspace, data: RowReader, recipe: Recipe) -> list[Any]:
    opened = sidecar.open_reading(sidecar.place(workspace.path, data.uid))
    if opened is None:
        return []
    with closing(opened):
        try:
            key = json.loads(sidecar.meta(opened, "key", "{}"))
            model = str(resolve_model(workspace, recipe.model))
            if (key.get("model"), key.get("system_prompt")) != (model, recipe.system_prompt):
                return []
            return opened.execute(_LENGTHS, {"limit": recipe.max_tokens}).fetchall()
        except (ModelError, ValueError, sqlite3.Error):
            return []  # as good as not checked: the numbers are then shown as unknown

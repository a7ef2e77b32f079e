"""Frozen splits: nothing enters or leaves them until they are unfrozen."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np

from studio.core.example import SPLITS
from studio.core.problems import DataError
from studio.data.journal import RANK, SPLIT, Bulk
from studio.data.marks import Marks
from studio.data.order import GONE

FACT = "frozen"
"""The fact of a dataset that names its frozen splits, with blanks between."""


def refuse_frozen(frozen: Collection[str], marks: Marks, bulks: Iterable[Bulk]) -> None:
    """Refuse changes that let rows enter or leave a frozen split; marks are those before them.

    Raises:
        DataError: a change would.
    """
    for bulk in bulks if frozen else ():
        for split in frozen:
            if bulk.field == SPLIT and split in (bulk.before, bulk.after):
                raise frozen_error(split, len(bulk.rows))
            if bulk.field != RANK:
                continue
            assert isinstance(bulk.before, np.ndarray)
            assert isinstance(bulk.after, np.ndarray)
            comes_or_goes = (bulk.before == GONE) != (bulk.after == GONE)
            inside = marks.codes[bulk.rows] == SPLITS.index(split)
            if count := int((comes_or_goes & inside).sum()):
                raise frozen_error(split, count)


def frozen_error(split: str, count: int) -> DataError:
    """Return the sentence for rows that would enter or leave a frozen split."""
    words = "a row" if count == 1 else f"{count:,} rows"
    return DataError(
        f"The split {split} is frozen: {words} would enter or leave it.",
        f"Leave the rows of {split} out, or unfreeze it under Data, Splits.",
    )

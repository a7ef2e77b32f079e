"""What a split must not tear apart: rows of one group, and rows that are alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from studio.data.dealing import Ints

ALONE = -1
"""Label of a row that belongs to no other."""
Ask = Callable[[], bool]


def joined(*labelings: Ints) -> Ints:
    """Return for each row the first row of its unit: rows that share a label in any labeling.

    Args:
        labelings: labels from 0, or ALONE, of the same rows; each (N,).
    """
    rows = len(labelings[0])
    unit = np.arange(rows)
    while True:
        before = unit
        for labels in labelings:
            together = np.flatnonzero(labels != ALONE)
            least = np.full(int(labels.max(initial=0)) + 1, rows)
            np.minimum.at(least, labels[together], unit[together])
            unit = unit.copy()
            unit[together] = least[labels[together]]
            np.minimum.at(unit, before[together], unit[together])
            unit = unit[unit]
        if np.array_equal(unit, before):
            return unit


def labels_of(values: Iterable[object], rows: int) -> tuple[Ints, list[object]]:
    """Return a label from 0 for each value, ALONE for None, and the value of each label."""
    known: dict[object, int] = {}
    found = np.fromiter(
        (ALONE if value is None else known.setdefault(value, len(known)) for value in values),
        np.int64,
        rows,
    )
    return found, list(known)


def labels_of_clusters(ids: Ints, clusters: Iterable[Sequence[int]]) -> Ints:
    """Return the labels of rows that stand in clusters of ids; ids that are gone are left out."""
    found = np.full(len(ids), ALONE)
    order = np.argsort(ids)
    for label, cluster in enumerate(clusters):
        wanted = np.asarray(cluster, np.int64)
        at = order[np.minimum(np.searchsorted(ids, wanted, sorter=order), len(ids) - 1)]
        found[at[ids[at] == wanted]] = label
    return found


def extra_value(extra: str | None, column: str) -> str | None:
    """Return what a row says in a column that has no role, as text; None if it says nothing."""
    if not extra:
        return None
    try:
        value = json.loads(extra).get(column)
    except (ValueError, RecursionError, AttributeError):
        return None
    if value is None or value == "":
        return None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""What a split must not tear apart: rows of one group, and rows that are alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.data.dealing import Ints


@dataclass(frozen=True, slots=True)
class Links:
    """Which rows belong together: those at ``rows`` (E,) that have the same label in (E,)."""

    rows: Ints
    labels: Ints


def joined(rows: int, links: Sequence[Links]) -> Ints:
    """Return for each row (rows,) the first row of its unit: all that hangs together by links."""
    unit = np.arange(rows)
    while True:
        before = unit.copy()
        for link in links:
            least = np.full(int(link.labels.max(initial=0)) + 1, rows)
            np.minimum.at(least, link.labels, unit[link.rows])
            np.minimum.at(unit, link.rows, least[link.labels])
            unit = unit[unit]
        if np.array_equal(unit, before):
            return unit


def links_of_values(values: Iterable[tuple[int, Hashable]]) -> Links:
    """Return the links of rows that have the same value; (row, value) each."""
    known: dict[Hashable, int] = {}
    pairs = [(row, known.setdefault(value, len(known))) for row, value in values]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    return Links(found[:, 0].copy(), found[:, 1].copy())


def links_of_clusters(ids: Ints, clusters: Iterable[Sequence[int]]) -> Links:
    """Return the links of rows whose ids stand in one cluster; ids that are gone are left out.

    Args:
        ids: of the rows, rising.
        clusters: ids that belong together.
    """
    pairs = [(row, label) for label, cluster in enumerate(clusters) for row in cluster]
    found = np.array(pairs, np.int64).reshape(-1, 2)
    there = np.isin(found[:, 0], ids)
    return Links(np.searchsorted(ids, found[there, 0]), found[there, 1].copy())

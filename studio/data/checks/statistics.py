"""What is in a dataset, in numbers that are drawn: lengths of its fields, how its texts begin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.core.example import FIELDS, Kind
from studio.data.checks.judged import Packed
from studio.data.checks.openings import opening
from studio.data.checks.parts import parts_of

BARS = 32
TOP_OPENINGS = 12

Texts = Callable[[Sequence[int]], list[tuple[str, ...]]]
"""Returns the texts of rows by their ids."""


def survey(kind: Kind, judged: Packed, texts: Texts) -> dict[str, Any]:
    """Return the numbers of a dataset's rows (N,), as plain values.

    Returns:
        rows; characters in all; fields: name, total, median, longest, empty, edges and counts of
        a histogram over characters; openings: words, rows and share of the commonest.
    """
    sizes = judged["sizes"]
    fields = [
        _field(name, sizes[:, at]) for at, name in enumerate(FIELDS[kind]) if sizes[:, at].any()
    ]
    return {
        "rows": len(judged),
        "characters": int(sizes.sum(dtype=np.int64)),
        "fields": fields,
        "openings": _openings(kind, judged, texts),
    }


def histogram(values: npt.NDArray[Any], bars: int = BARS) -> tuple[list[int], list[int]]:
    """Return edges (bars + 1 at most) and counts of whole numbers; none for no values."""
    if not len(values):
        return [], []
    top = int(np.percentile(values, 99.5))
    step = max(1, -(-(top + 1) // bars))
    kept = np.minimum(values // step, -(-(top + 1) // step))  # the last bar takes what is longer
    counts = np.bincount(kept.astype(np.int64))
    return [step * at for at in range(len(counts) + 1)], counts.tolist()


def _field(name: str, sizes: npt.NDArray[np.int32]) -> dict[str, Any]:
    edges, counts = histogram(sizes)
    return {
        "name": name,
        "total": int(sizes.sum(dtype=np.int64)),
        "median": int(np.median(sizes)),
        "longest": int(sizes.max()),
        "empty": int((sizes == 0).sum()),
        "edges": edges,
        "counts": counts,
    }


def _openings(kind: Kind, judged: Packed, texts: Texts) -> list[dict[str, Any]]:
    openings = judged["opening"]
    there = np.flatnonzero(openings)
    if not len(there):
        return []
    _, first, counts = np.unique(openings[there], return_index=True, return_counts=True)
    top = [
        at for at in np.argsort(-counts, kind="stable")[:TOP_OPENINGS].tolist() if counts[at] > 1
    ]
    rows = [int(judged["row"][there[first[at]]]) for at in top]
    found = texts(rows)
    return [
        {
            "words": opening(parts_of(kind, each).answer),
            "rows": int(counts[at]),
            "share": float(counts[at] / len(judged)),
        }
        for at, each in zip(top, found, strict=True)
    ]

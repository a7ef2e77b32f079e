"""The file of each row's loss each time it was trained: records of 20 bytes, only ever added.

An engine that begins, anew or again, first adds a mark: what was recorded after the step it goes
on from is superseded. A record that was torn at the end of the file is left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.core.forensics import RowCurve

RECORD = np.dtype([("step", "<i4"), ("row", "<i8"), ("loss", "<f4"), ("tokens", "<u4")])
"""Step from 1, id of the row, mean over its trained tokens in nats, and how many these are."""
_MARK = -1
"""In place of a row: an engine goes on after the record's step."""


class RowLossFile:
    """Adds records to a run's file, which is open only while it does.

    Args:
        path: the file; made if it is missing.
        step: that the engine goes on from; 0 at the start.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, step: int) -> None:
        self._path = path
        with path.open("ab") as file:
            file.truncate(file.tell() // RECORD.itemsize * RECORD.itemsize)
        self.add([(step, _MARK, 0.0, 0)])

    def add(self, records: Iterable[tuple[int, int, float, int]], *, sync: bool = False) -> None:
        """Add records of (step, row, loss, tokens).

        Args:
            records: any number.
            sync: make all of the file reach the disk.

        Raises:
            OSError: they cannot be written, for example since the disk is full.
        """
        with self._path.open("ab") as file:
            file.write(np.array(list(records), RECORD).tobytes())
            if sync:
                file.flush()
                os.fsync(file.fileno())


def read_row_losses(path: Path) -> NDArray[Any]:
    """Return the records (RECORD) that stand, in the order of their steps; empty without a file.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        size = path.stat().st_size // RECORD.itemsize
        records = np.fromfile(path, RECORD, count=size)
    except FileNotFoundError:
        return np.empty(0, RECORD)
    marks = np.flatnonzero(records["row"] == _MARK)
    limit = np.iinfo(np.int32).max
    kept = np.zeros(len(records), bool)
    stop = len(records)
    for at in marks[::-1]:  # what a later engine went back behind does not stand
        kept[at + 1 : stop] = records["step"][at + 1 : stop] <= limit
        limit, stop = min(limit, records["step"][at]), at
    kept[:stop] = records["step"][:stop] <= limit
    standing = records[kept & (records["row"] != _MARK)]
    ordered: NDArray[Any] = standing[np.argsort(standing["step"], kind="stable")]
    return ordered


def row_curves(records: NDArray[Any]) -> list[RowCurve]:
    """Return the records as one curve for each row, by row id.

    Where a row stands in a step several times, with several sequences say, its tokens count alike.
    """
    if not len(records):
        return []
    order = np.lexsort((records["step"], records["row"]))
    rows, steps = records["row"][order], records["step"][order]
    tokens = records["tokens"][order].astype(np.float64)
    sums = records["loss"][order] * tokens
    new = np.flatnonzero(
        (np.diff(rows, prepend=rows[0] - 1) != 0) | (np.diff(steps, prepend=0) != 0)
    )
    rows, steps = rows[new], steps[new]
    tokens, sums = np.add.reduceat(tokens, new), np.add.reduceat(sums, new)
    losses = sums / np.maximum(tokens, 1)
    starts = np.flatnonzero(np.diff(rows, prepend=rows[0] - 1) != 0)
    stops = [*starts[1:], len(rows)]
    return [
        RowCurve(
            int(rows[a]),
            tuple(steps[a:b].tolist()),
            tuple(losses[a:b].tolist()),
            int(tokens[a]),
        )
        for a, b in zip(starts, stops, strict=True)
    ]

"""All steps of a run as a table in a text file, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import Path

import numpy as np

from studio.app.runhistory import COLUMNS, History
from studio.core.problems import RunError

HEAD = (*COLUMNS, "held_out_loss")
"""Names of the columns; elapsed is seconds, memory bytes, losses nats per trained token."""
PIECE = 20_000
"""Rows that are turned into text at a time."""


class CurveTable:
    """A copy of a run's curves, which may be written on another thread while the run goes on."""

    def __init__(self, history: History) -> None:
        self._columns = [history.column(name).copy() for name in COLUMNS]
        self._held = {e.step: e.target_loss for e in history.evaluations}

    def rows(self, steps: slice = slice(None)) -> list[list[str]]:
        """Return the rows of some steps as words; step 0 comes first if it was evaluated."""
        made = []
        if 0 in self._held and not (steps.start or 0):
            made.append(["0", *[""] * (len(COLUMNS) - 1), _word(self._held[0])])
        table = np.column_stack([column[steps] for column in self._columns])
        for row in table.tolist():
            step = int(row[0])
            held = _word(self._held[step]) if step in self._held else ""
            made.append([str(step), *map(_word, row[1:-1]), str(int(row[-1])), held])
        return made

    @property
    def copied(self) -> str:
        """What is said once it was copied."""
        return f"{len(self._columns[0]):,} steps copied"

    def text(self) -> str:
        """Return the whole table with tabs between its columns, for a clipboard."""
        lines = ["\t".join(HEAD), *("\t".join(row) for row in self.rows())]
        return "\n".join(lines) + "\n"

    def write(self, path: Path) -> Path:
        """Write the whole table as comma-separated values; a file of that name is replaced.

        Raises:
            RunError: the disk refuses; what was there before is as it was.
        """
        starts = range(0, max(len(self._columns[0]), 1), PIECE)
        pieces = (self.rows(slice(start, start + PIECE)) for start in starts)
        return write_table(path, HEAD, pieces)


def write_table(path: Path, head: Sequence[str], pieces: Iterable[Sequence[Sequence[str]]]) -> Path:
    """Write rows as comma-separated values; a file of that name is replaced.

    Raises:
        RunError: the disk refuses; what was there before is as it was.
    """
    staging = path.with_name(f".{path.name}.part")
    try:
        with staging.open("w", encoding="utf-8", newline="") as file:
            file.write(_csv([head]))
            for rows in pieces:
                file.write(_csv(rows))
        os.replace(staging, path)
    except OSError as err:
        staging.unlink(missing_ok=True)
        raise RunError(
            f"{path.name} could not be written: {err.strerror or err}.",
            "Choose another folder.",
        ) from err
    return path


def _csv(rows: Sequence[Sequence[str]]) -> str:
    made = StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    return made.getvalue()


def _word(value: float) -> str:
    return repr(float(value))

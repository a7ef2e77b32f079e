"""Which rows of a run stand out by their losses, with the beginnings of their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.latestjob import LatestJob
from studio.core.forensics import Judged, judge
from studio.core.workspace import RunFolder
from studio.data.rowlosses import read_row_losses, row_curves

BEGINNING = 120
"""Characters of a row that are shown."""
NO_TEXT = frozenset({"row", "split", "kind", "dataset"})
"""What a frozen row holds beside its texts."""


@dataclass(frozen=True, slots=True)
class Forensics:
    """What the losses of a run's rows say.

    Attributes:
        judged: the rows that stand out.
        rows: how many were trained.
        times: how often the row was trained that was trained most.
        texts: the beginning of each row that stands out, by its id; not trusted.
        datasets: the dataset of each of them, for a run on a mix.
    """

    judged: tuple[Judged, ...] = ()
    rows: int = 0
    times: int = 0
    texts: dict[int, str] = field(default_factory=dict)
    datasets: dict[int, str] = field(default_factory=dict)


def look_at(folder: RunFolder) -> Forensics:
    """Return what the losses of a run's rows say; nothing without a file of them.

    Raises:
        OSError: a file is there and cannot be read.
    """
    curves = row_curves(read_row_losses(folder.row_losses))
    judged = tuple(judge(curves))
    times = max((len(curve.losses) for curve in curves), default=0)
    wanted = {found.curve.row for found in judged}
    texts: dict[int, str] = {}
    datasets: dict[int, str] = {}
    for body in _rows(folder) if wanted else ():
        row = body.get("row")
        if row in wanted and row not in texts:
            texts[row] = _beginning(v for k, v in body.items() if k not in NO_TEXT)
            if "dataset" in body:
                datasets[row] = str(body["dataset"])
    return Forensics(judged, len(curves), times, texts, datasets)


def _rows(folder: RunFolder) -> Iterator[dict[str, Any]]:
    if not folder.rows.is_file():
        return
    with folder.rows.open("rb") as file:
        for line in file:
            try:
                body = json.loads(line)
            except ValueError:
                continue
            if isinstance(body, dict):
                yield body


def _beginning(values: Iterable[object]) -> str:
    texts = (value if isinstance(value, str) else json.dumps(value) for value in values if value)
    return " ".join(next(texts, "")[: 4 * BEGINNING].split())[:BEGINNING]


class RowForensics(QObject):
    """Reads the losses of the rows of one run on a thread, when asked to.

    Signals:
        read(object, object): the run's id, and its Forensics.
        failed(object): the StudioError why they cannot be read.
    """

    read = Signal(object, object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._job = LatestJob(self)
        self._job.done.connect(self.read)
        self._job.failed.connect(self._on_failed)

    def ask(self, folder: RunFolder) -> None:
        """Read the losses of a run as they are now; read follows."""
        if not self._job.busy:
            self._job.ask(folder.id, partial(look_at, folder))

    def close(self) -> None:
        """Wait for what is being read."""
        self._job.close()

    def _on_failed(self, _run: object, problem: object) -> None:
        self.failed.emit(problem)

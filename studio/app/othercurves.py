"""The curves of another run to lie behind those of the one that is shown; read on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.latestjob import LatestJob
from studio.app.runhistory import Folder, History
from studio.core.problems import RunError
from studio.core.workspace import RunFolder
from studio.data.runfiles import EventTail

PIECE = 5_000


@dataclass(frozen=True, slots=True)
class OtherRun:
    """A run that others are compared with, as it was when it was read."""

    run: str
    title: str
    history: History


def read_history(folder: RunFolder) -> History:
    """Return everything a run has said so far.

    Raises:
        RunError: it has said nothing.
    """
    tail, fold, history = EventTail(folder.events), Folder(), History()
    while events := tail.read(PIECE):
        for batch in fold.fold(events):
            history.add(batch)
    if not len(history) and not history.evaluations:
        raise RunError(f"{folder.id} has no step to compare with.", "Choose another run.")
    return history


class OtherCurves(QObject):
    """Reads one run at a time for comparison; a later choice replaces an earlier one.

    Signals:
        changed(): another run is compared with, or none; see current.
        failed(object): the StudioError why it cannot be read.
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.current: OtherRun | None = None
        self._wanted = ""
        self._job = LatestJob(self)
        self._job.done.connect(self._on_done)
        self._job.failed.connect(self._on_failed)

    def choose(self, folder: RunFolder | None, title: str = "") -> None:
        """Compare with another run, or with none; changed follows."""
        self._wanted = folder.id if folder is not None else ""
        if folder is None:
            self.current = None
            self.changed.emit()
            return
        self._job.ask(folder.id, partial(_read, folder, title))

    def close(self) -> None:
        """Wait for what is being read."""
        self._job.close()

    def _on_done(self, run: object, other: object) -> None:
        if run == self._wanted and isinstance(other, OtherRun):
            self.current = other
            self.changed.emit()

    def _on_failed(self, _run: object, problem: object) -> None:
        self.failed.emit(problem)


def _read(folder: RunFolder, title: str) -> OtherRun:
    return OtherRun(folder.id, title, read_history(folder))

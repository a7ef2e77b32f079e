"""The curves of another run to lie behind those of the one that is shown; read on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.runhistory import Folder, History
from studio.app.runjobs import Job
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
        read(object): the OtherRun, or None when none is compared any more.
        failed(object): the StudioError why it cannot be read.
    """

    read = Signal(object)
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.current: OtherRun | None = None
        self._wanted = ""
        self._jobs: set[Job] = set()

    def choose(self, folder: RunFolder | None, title: str = "") -> None:
        """Compare with another run, or with none; read follows."""
        self._wanted = folder.id if folder is not None else ""
        if folder is None:
            self.current = None
            self.read.emit(None)
            return
        job = Job(partial(_read, folder, title), self)
        self._jobs.add(job)
        job.done.connect(self._on_done)
        job.failed.connect(self.failed)
        job.finished.connect(self._on_finished)
        job.start()

    def close(self) -> None:
        """Wait for what is being read."""
        for job in list(self._jobs):
            job.wait()

    def _on_done(self, other: OtherRun) -> None:
        if other.run == self._wanted:
            self.current = other
            self.read.emit(other)

    def _on_finished(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._jobs.discard(job)
            job.wait()
            job.deleteLater()


def _read(folder: RunFolder, title: str) -> OtherRun:
    return OtherRun(folder.id, title, read_history(folder))

"""Makes files of rows out of what is none, such as Parquet, before it is imported."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.convertjob import ConvertJob
from studio.app.filelook import Incoming
from studio.core.problems import StudioError
from studio.core.protocol import Converted, Progress
from studio.core.workspace import Workspace
from studio.data.fileformats import PARQUET
from studio.data.importing import ImportProgress
from studio.machine.processes import mark_of

_BEGINS = b"PAR1"


class ForeignFiles(QObject):
    """Owns the folder in which foreign files become rows, and the process that makes them.

    Signals:
        progressed(object ImportProgress): now and then.
        ready(object): a tuple of ``Incoming``: all files that were given, as files of rows.
        failed(object StudioError): a file cannot be read; the others come in all the same.
        noted(str): what is another in the rows than in the file.
    """

    progressed = Signal(object)
    ready = Signal(object)
    failed = Signal(object)
    noted = Signal(str)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._place = workspace.incoming
        self._waiting: deque[Path] = deque()
        self._done: list[Incoming] = []
        self._job: ConvertJob | None = None
        self._made, self._name = 0, ""

    @property
    def busy(self) -> bool:
        """Whether a file is being read."""
        return self._job is not None

    def take(self, paths: Sequence[Path]) -> None:
        """Make files of rows of those that are none; ends in ready."""
        self._waiting.extend(paths)
        if self._job is None:
            self._next()

    def new_folder(self) -> Path:
        """Return a new folder for files that are made here; see :meth:`drop`."""
        self._sweep()
        self._made += 1
        folder = self._place / f"{os.getpid()}-{self._made}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def cancel(self) -> None:
        """Stop reading, and forget the files that wait."""
        self._waiting.clear()
        self._done.clear()
        if self._job is not None:
            self._job.cancel()

    def drop(self, path: Path) -> None:
        """Remove a file that was made here, once it is imported or not wanted; others stay."""
        if path.parent.parent == self._place:
            shutil.rmtree(path.parent, ignore_errors=True)

    def close(self) -> None:
        """Stop reading and leave nothing behind."""
        self._waiting.clear()
        if self._job is not None:
            self._job.close()
            self._job = None
        for folder in self._place.glob(f"{os.getpid()}-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def _next(self) -> None:
        while self._waiting:
            path = self._waiting.popleft()
            if not is_parquet(path):
                self._done.append(Incoming(path))
                continue
            self._job = ConvertJob.rows_of(path, self.new_folder() / "rows.jsonl", self)
            self._name = path.name
            self._job.progressed.connect(self._on_progressed)
            self._job.ended.connect(self._on_ended)
            self._job.start()
            return
        done, self._done = tuple(self._done), []
        if done:
            self.ready.emit(done)

    def _on_progressed(self, far: Progress) -> None:
        self.progressed.emit(ImportProgress(self._name, far.done, max(far.total, 1), far.done))

    def _on_ended(self, outcome: object) -> None:
        job, self._job = self._job, None
        if job is not None:
            job.deleteLater()
        if isinstance(outcome, Converted):
            self._done.append(Incoming(Path(outcome.path), self._name))
            if outcome.notes:
                self.noted.emit(" ".join(outcome.notes))
        elif isinstance(outcome, StudioError):
            self.failed.emit(outcome)
        self._next()

    def _sweep(self) -> None:
        """Remove what studios that are gone left behind."""
        for folder in self._place.glob("*-*"):
            number = folder.name.partition("-")[0]
            if number.isdecimal() and mark_of(int(number)) is None:
                shutil.rmtree(folder, ignore_errors=True)


def is_parquet(path: Path) -> bool:
    """Return whether a file is Parquet, by its name or how it begins."""
    if path.suffix.lower() == PARQUET:
        return True
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(len(_BEGINS)) == _BEGINS
    except OSError:
        return False  # the import says what is wrong with it

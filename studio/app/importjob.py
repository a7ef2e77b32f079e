"""Imports a file on a thread of its own; progress and outcome arrive on the GUI thread."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Event as Flag

from PySide6.QtCore import QObject, QThread, Signal, Slot

from studio.core.problems import DataError, StudioError
from studio.data.importing import ImportProgress, import_file

logger = logging.getLogger(__name__)


class _Import(QObject):
    """The work; lives on the thread and touches nothing else."""

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, source: Path, dataset: Path) -> None:
        super().__init__()
        self._source, self._dataset = source, dataset
        self.cancelled = Flag()

    @Slot()
    def run(self) -> None:
        """Import, and say how it ended, exactly once."""
        outcome: object
        try:
            outcome = import_file(
                self._source,
                self._dataset,
                progress=self.progressed.emit,
                cancelled=self.cancelled.is_set,
            )
        except StudioError as problem:
            outcome = problem
        except Exception as err:
            logger.exception("import of %s", self._source)
            outcome = DataError(
                f"{self._source.name} could not be imported: {err}.", details=repr(err)
            )
        self.ended.emit(outcome)


class ImportJob(QObject):
    """One import; whoever makes it calls :meth:`close` before dropping it.

    Signals:
        progressed(object ImportProgress): now and then.
        ended(object ImportReport | StudioError): once, and last.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, source: Path, dataset: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.source, self.dataset = source, dataset
        self._work = _Import(source, dataset)
        self._thread = QThread(self)
        self._thread.setObjectName("import")
        self._work.moveToThread(self._thread)
        self._thread.started.connect(self._work.run)
        self._work.progressed.connect(self._on_progressed)
        self._work.ended.connect(self._on_ended)

    def start(self) -> None:
        """Start and return at once."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask it to stop; it ends with ImportCancelled, and nothing of it is left."""
        self._work.cancelled.set()

    def close(self) -> None:
        """Cancel and wait until the thread is over."""
        self.cancel()
        self._thread.quit()
        self._thread.wait()

    @Slot(object)
    def _on_progressed(self, progress: ImportProgress) -> None:
        self.progressed.emit(progress)

    @Slot(object)
    def _on_ended(self, outcome: object) -> None:
        self._thread.quit()
        self._thread.wait()
        self.ended.emit(outcome)

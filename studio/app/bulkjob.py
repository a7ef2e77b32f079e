"""A change of many rows on a thread of its own, with a connection of its own."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event as Flag

from PySide6.QtCore import QObject, QThread, Signal

from studio.core.problems import DataError, StudioError
from studio.data.store import Change, Dataset

logger = logging.getLogger(__name__)

Tell = Callable[[int, int], None]
"""Says how much is done, of how much; of 0 if that is not known."""
Cancelled = Callable[[], bool]
Work = Callable[[Dataset, Tell, Cancelled], Change | None]
_EVERY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a change of many rows is; total 0 means that the length is not known."""

    title: str
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """How it ended: the twin that worked, if it came to be, and what it did or why it did not."""

    twin: Dataset | None
    result: Change | StudioError | None


class BulkJob(QThread):
    """Does one piece of work on a twin of a dataset, which is not written to meanwhile.

    Signals:
        progressed(object BulkProgress): now and then.
        ended(object BulkOutcome): once, and last.

    Attributes:
        outcome: how it ended, for who waits for the thread.
    """

    progressed = Signal(object)
    ended = Signal(object)

    def __init__(self, title: str, dataset: Dataset, work: Work, parent: QObject) -> None:
        super().__init__(parent)
        self.setObjectName("bulk")
        self.title = title
        self._dataset, self._work = dataset, work
        self._cancelled = Flag()
        self._told = 0.0
        self.outcome = BulkOutcome(None, None)

    def cancel(self) -> None:
        """Ask it to stop; what it was doing is not done then."""
        self._cancelled.set()

    def run(self) -> None:
        twin: Dataset | None = None
        result: Change | StudioError | None
        try:
            with self._dataset.twin(self._cancelled.is_set) as twin:
                result = self._work(twin, self._tell, self._cancelled.is_set)
        except StudioError as problem:
            result = problem
        except Exception as err:
            logger.exception("%s", self.title)
            result = DataError(f"{self.title} could not be done: {err}.", details=repr(err))
        self.outcome = BulkOutcome(twin, result)
        self.ended.emit(self.outcome)

    def _tell(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._told >= _EVERY_SECONDS:
            self._told = now
            self.progressed.emit(BulkProgress(self.title, done, total))

"""Work off the window's thread of which only the latest matters, such as what a form comes to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.runjobs import Job
from studio.core.problems import StudioError

Work = Callable[[], object]


class LatestJob(QObject):
    """Does one piece of work at a time; what was asked for before the latest is not answered.

    Whoever makes it calls :meth:`close` before dropping it.

    Signals:
        done(object, object): what was asked for, and what came of it.
        failed(object, object): what was asked for, and the StudioError that stopped it.
    """

    done = Signal(object, object)
    failed = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._next: tuple[object, Work] | None = None
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._job is not None

    def ask(self, wish: object, work: Work) -> None:
        """Do some work in answer to a wish; done or failed follows unless another one is asked."""
        self._next = (wish, work)
        if self._job is None:
            self._begin()

    def close(self) -> None:
        """Answer nothing any more, and wait for what is going on."""
        self._next = None
        if self._job is not None:
            self._job.done.disconnect()
            self._job.failed.disconnect()
            self._job.wait()

    def _begin(self) -> None:
        assert self._next is not None
        (wish, work), self._next = self._next, None
        self._job = Job(work, self)
        self._job.done.connect(partial(self._on_done, wish))
        self._job.failed.connect(partial(self._on_failed, wish))
        self._job.finished.connect(self._on_finished)
        self._job.start()

    def _on_done(self, wish: object, result: object) -> None:
        if self._next is None:
            self.done.emit(wish, result)

    def _on_failed(self, wish: object, problem: StudioError) -> None:
        if self._next is None:
            self.failed.emit(wish, problem)

    def _on_finished(self) -> None:
        if self._job is not None:
            self._job.deleteLater()
        self._job = None
        if self._next is not None:
            self._begin()

"""Pieces of work off the window's thread, with an owner that can wait for them to end."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from studio.app.runjobs import Job
from studio.core.problems import StudioError


class Jobs(QObject):
    """Runs work on threads and hands each result to whoever asked; owned by a part of the app.

    Signals:
        failed(object): the StudioError that stopped a piece of work.
    """

    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._then: dict[Job, tuple[Callable[..., None], Callable[..., None] | None]] = {}
        self._closed = False

    def do(
        self,
        work: Callable[[], object],
        then: Callable[..., None],
        otherwise: Callable[..., None] | None = None,
    ) -> None:
        """Begin a piece of work; ``then`` gets its result on this thread, unless we are closed.

        The problem that stopped it goes to ``otherwise``, and to ``failed`` where there is none.
        """
        if self._closed:
            return
        job = Job(work, self)
        self._then[job] = then, otherwise
        job.done.connect(self._on_done)
        job.failed.connect(self._on_failed)
        job.finished.connect(self._on_finished)
        job.start()

    @property
    def busy(self) -> bool:
        """Whether something is being worked on."""
        return bool(self._then)

    def close(self) -> None:
        """Wait for what is being worked on; nothing is handed on any more."""
        self._closed = True
        for job in list(self._then):
            job.wait()
        self._then.clear()

    def _on_done(self, result: object) -> None:
        job = self.sender()
        if isinstance(job, Job) and not self._closed and job in self._then:
            self._then[job][0](result)

    def _on_failed(self, problem: StudioError) -> None:
        if self._closed:
            return
        _, otherwise = self._then.get(self.sender(), (None, None))  # type: ignore[call-overload]
        (otherwise or self.failed.emit)(problem)

    def _on_finished(self) -> None:
        job = self.sender()
        if isinstance(job, Job):
            self._then.pop(job, None)
            job.wait()
            job.deleteLater()

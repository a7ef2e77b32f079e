"""The queue of runs as the window sees it: watches the file, and asks for what it can do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.jobs import Jobs
from studio.app.runlibrary import RunLibrary
from studio.core.control import StopAsked
from studio.core.grid import rows_key
from studio.core.memory import Estimate
from studio.core.problems import RunError, StudioError
from studio.core.recipe import Recipe
from studio.core.runqueue import Queue
from studio.core.workspace import RunFolder, Workspace
from studio.data.queuefile import change_queue, read_queue, runner_of
from studio.data.runfiles import ask, engine_of
from studio.data.runprep import prepare_run
from studio.machine.enginecommand import queue_command, start_detached

WATCH_MS = 1000
"""Between two looks at the queue."""


class QueueDesk(QObject):
    """Owns no process: what works on the queue outlives the window.

    Signals:
        changed(): another order, another run at work, or it was started or stopped.
        added(object): ids of the runs that were just put in.
        failed(object): the StudioError why something could not be done.

    Attributes:
        queue: as last read.
        running: whether a process works on it.
        preparing: how many recipes are being made into runs now.
    """

    changed = Signal()
    added = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        runs: RunLibrary,
        parent: QObject | None = None,
        *,
        command: Callable[[Workspace], list[str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._runs = workspace, runs
        self._command = command or (lambda place: queue_command(place.path))
        self.queue, self.running, self.preparing = Queue(), False, 0
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._on_failed)
        self._watch = QTimer(self, interval=WATCH_MS)
        self._watch.timeout.connect(self.look)

    def warm(self) -> None:
        """Begin to watch; a queue whose process was killed goes on."""
        self.look()
        if self.queue.active and self.queue.runs and not self.running:
            self._start_runner()
        self._watch.start()

    def close(self) -> None:
        """Watch no more; the queue goes on."""
        self._watch.stop()
        self._jobs.close()

    def look(self) -> None:
        """Read the queue as it stands."""
        queue, running = read_queue(self._workspace), runner_of(self._workspace) is not None
        before = (self.queue, self.running)
        self.queue, self.running = queue, running
        begins = queue.current and self._runs.live is None
        if before != (queue, running):
            self.changed.emit()
        if begins or before[0] != queue:
            self._runs.refresh()  # so that the run at work is followed, and ended ones say so

    # what the user asks for

    def add(self, runs: Sequence[str], at: int | None = None) -> None:
        """Put runs that have not ended into the queue.

        Raises:
            RunError: the queue cannot be changed.
        """
        self._change(lambda queue: queue.added(runs, at))
        self.added.emit(tuple(runs))

    def add_recipes(self, recipes: Sequence[Recipe], estimates: Sequence[Estimate | None]) -> None:
        """Make a run of each recipe on a thread and put them in; added or failed follows.

        Their rows are frozen as they are now, once where the recipes have the same.
        """
        self.preparing = len(recipes)
        self.changed.emit()
        work = partial(_prepare, self._workspace, list(recipes), list(estimates))
        self._jobs.do(work, self._on_prepared)

    def remove(self, run: str) -> Callable[[], None]:
        """Take a waiting run out of the queue; return how it is put back.

        Raises:
            RunError: it does not wait.
        """
        at = self.queue.waiting.index(run) if run in self.queue.waiting else None
        self._change(lambda queue: queue.removed(run))
        return lambda: self.add([run], at)

    def move(self, run: str, to: int) -> None:
        """Move a waiting run to another place, counted from 0.

        Raises:
            RunError: it does not wait.
        """
        self._change(lambda queue: queue.moved(run, to))

    def start(self) -> None:
        """Start the waiting runs, one after another, once there is room for the first.

        Raises:
            RunError: no run waits.
        """
        if not self.queue.runs:
            raise RunError("No run waits.", "Put a run or a recipe into the queue first.")
        self._runs.before_start(self._begin)

    def _begin(self) -> None:
        try:
            self._change(lambda queue: replace(queue, active=True))
        except StudioError as problem:
            self.failed.emit(problem)
            return
        if runner_of(self._workspace) is None:
            self._start_runner()

    def stop(self) -> None:
        """Start no further run; the one at work goes on.

        Raises:
            RunError: the queue cannot be changed.
        """
        self._change(lambda queue: replace(queue, active=False))

    def skip(self) -> None:
        """Stop the run at work, keep its adapter, and go on with the next.

        Raises:
            RunError: no run is at work.
        """
        folder = self._workspace.run(self.queue.current) if self.queue.current else None
        if folder is None or engine_of(folder) is None:
            raise RunError("No run of the queue is at work.", "The next one begins in a moment.")
        ask(folder, StopAsked(time=time.time()))

    def clear(self) -> None:
        """Forget what came of ended runs; the runs themselves stay.

        Raises:
            RunError: the queue cannot be changed.
        """
        self._change(Queue.cleared)

    def _change(self, change: Callable[[Queue], Queue]) -> None:
        change_queue(self._workspace, change)
        self.look()

    def _start_runner(self) -> None:
        try:
            start_detached(self._command(self._workspace), self._workspace.queue_log)
        except StudioError as problem:
            self.failed.emit(problem)

    def _on_prepared(self, folders: list[RunFolder]) -> None:
        self.preparing = 0
        try:
            self.add([folder.id for folder in folders])
        except StudioError as problem:
            self._on_failed(problem)
        if self.queue.active and not self.running:
            self._start_runner()
        self._runs.refresh()

    def _on_failed(self, problem: StudioError) -> None:
        self.preparing = 0
        self.changed.emit()
        self.failed.emit(problem)


def _prepare(
    workspace: Workspace, recipes: list[Recipe], estimates: list[Estimate | None]
) -> list[RunFolder]:
    made: dict[tuple[object, ...], RunFolder] = {}
    folders = []
    for recipe, estimate in zip(recipes, estimates, strict=True):
        key = rows_key(recipe)
        folder = prepare_run(
            workspace,
            recipe,
            predicted_peak_bytes=estimate.total_bytes if estimate else 0,
            predicted_range=(estimate.low_bytes, estimate.high_bytes) if estimate else (0, 0),
            rows_from=made.get(key),
        )
        made.setdefault(key, folder)
        folders.append(folder)
    return folders

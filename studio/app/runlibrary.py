"""The runs of a workspace: which there are, which is open, which is training; starts and stops."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from studio.app.jobs import Jobs
from studio.app.predictions import predicted
from studio.app.runjobs import RunReader, busy
from studio.core.control import Control, PauseAsked, SaveAsked, StopAsked
from studio.core.problems import RunError, StudioError
from studio.core.workspace import RunFolder, Workspace

# A run's events, curves and rows bring numpy with them; every import inside a function below
# waits until a run is opened or asked for something, so that the window's first paint need not.
if TYPE_CHECKING:
    from studio.app.runstore import RunStore
    from studio.app.trainingthread import Command, TrainingThread
    from studio.core.memory import Estimate
    from studio.core.recipe import Recipe
    from studio.data.runfiles import RunSummary


class RunLibrary(QObject):
    """Owns the stores and training threads of the runs that are open or training.

    Signals:
        listed(): all() has something new.
        opened(object): the RunStore that is shown from now on, or None.
        state_changed(object): the RunState of the run that is shown or training.
        starting(): a run is being prepared; opened or failed follows.
        failed(object): the StudioError why a run could not be started, opened or changed.
        run_ended(object): the RunStore of a run whose engine has just ended.
        resume_refused(str, object): a run would not go on as it began; the StudioError says why.
    """

    listed = Signal()
    opened = Signal(object)
    state_changed = Signal(object)
    starting = Signal()
    failed = Signal(object)
    run_ended = Signal(object)
    resume_refused = Signal(str, object)

    def __init__(
        self,
        workspace: Workspace,
        parent: QObject | None = None,
        *,
        command: Command | None = None,
        overdue_seconds: float | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._command = workspace, command
        self._overdue_seconds = overdue_seconds
        self._all: list[RunSummary] = []
        self._reader = RunReader()
        self._stores: dict[str, RunStore] = {}
        self._threads: dict[str, TrainingThread] = {}
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._on_job_failed)
        self._scanning = self._scan_again = self._closed = False
        self.before_start: Callable[[Callable[[], None]], None] = lambda start: start()
        """Called with every start and resume; makes room first, or lets it be put off."""
        self.current: RunStore | None = None  # the run that is shown
        self.is_starting = False
        """A run is being prepared and has no folder yet."""
        self.started_at = 0.0
        """Monotonic time of the last start, for saying how long it has been."""

    def all(self) -> list[RunSummary]:
        """Return the runs as last read from the disk, newest first; see refresh."""
        return list(self._all)

    @property
    def live(self) -> RunStore | None:
        """The run an engine works on now, if it was started or opened here."""
        return next((s for s in self._stores.values() if s.alive), None)

    def warm(self) -> None:
        """Read the list, and follow the run that trains already; called after the first paint."""
        self.refresh()

    def refresh(self) -> None:
        """Read the list again on a thread; listed follows."""
        if self._closed:
            return
        if self._scanning:
            self._scan_again = True
            return
        self._scanning, self._scan_again = True, False
        self._jobs.do(partial(self._reader.read, self._workspace), self._on_read, self._on_not_read)

    def _on_not_read(self, problem: StudioError) -> None:
        self._scanning = False
        self.failed.emit(problem)

    def _on_read(self, found: list[RunSummary]) -> None:
        if self._closed:  # the answer was on its way already
            return
        self._scanning = False
        self._all = found
        self.listed.emit()
        training = next((s for s in found if s.alive), None)
        if training is not None and self.live is None and not self.is_starting:
            self._attach(training.run)
        if self._scan_again:
            self.refresh()

    def _attach(self, run_id: str) -> None:
        if self.current is None:
            self.open(run_id)
        elif run_id not in self._threads or self._threads[run_id].isFinished():
            was_shown = self.current.run == run_id
            self._drop(run_id)
            store = self._follow(self._workspace.run(run_id), start_engine=False)
            if was_shown:
                self._show(store)

    def open(self, run_id: str) -> None:
        """Show a run: its whole history is read, and followed if it is training."""
        if (folder := self._found(run_id)) is None:
            return
        if run_id not in self._threads:
            self._follow(folder, start_engine=False)
        self._show(self._stores[run_id])

    def close_current(self) -> None:
        """Show no run, so that a new one can be prepared; a run that trains goes on."""
        self._show(None)

    def _show(self, store: RunStore | None) -> None:
        before, self.current = self.current, store
        gone = before is not None and before is not store and not before.alive
        if gone and before is not None and self._stores.get(before.run) is before:
            self._drop(before.run)
        self.opened.emit(store)

    # starting

    def start(
        self,
        recipe: Recipe,
        estimate: Estimate | None = None,
        rows_from: RunFolder | None = None,
    ) -> None:
        """Freeze the rows, or those of a run as large, into a new one; opened or failed follows."""
        self.before_start(partial(self._start, recipe, estimate, rows_from))

    def _start(
        self, recipe: Recipe, estimate: Estimate | None, rows_from: RunFolder | None
    ) -> None:
        if self.is_starting or self.live is not None:
            self.failed.emit(busy(self.live))
            return
        from studio.data.runprep import prepare_run

        self.is_starting = True
        self.started_at = time.monotonic()
        self.starting.emit()
        self._jobs.do(
            partial(
                prepare_run,
                self._workspace,
                recipe,
                rows_from=rows_from,
                **predicted(estimate, rows_from),
            ),
            self._on_prepared,
        )

    def resume(self, run_id: str, *, anyway: bool = False) -> None:
        """Go on from the run's last committed checkpoint; resume_refused may follow instead."""
        if self.is_starting or self.live is not None:
            self.failed.emit(busy(self.live))
            return
        from studio.data.resuming import refusal_of

        if (folder := self._found(run_id)) is None:
            return
        if not anyway and (refusal := refusal_of(self._workspace, folder)):
            self.resume_refused.emit(run_id, refusal)
            return
        self.before_start(partial(self._go_on, folder, *(["--anyway"] if anyway else [])))

    def _go_on(self, folder: RunFolder, *options: str) -> None:
        if self.is_starting or self.live is not None:
            self.failed.emit(busy(self.live))
            return
        self._drop(folder.id)
        self.started_at = time.monotonic()
        self._show(self._follow(folder, True, *options))

    def _found(self, run_id: str) -> RunFolder | None:
        from studio.data.runfiles import find_run

        try:
            return find_run(self._workspace.run(run_id))
        except StudioError as problem:
            self.failed.emit(problem)
            return None

    def _on_prepared(self, folder: RunFolder) -> None:
        self.is_starting = False
        if self._closed:
            return
        self._show(self._follow(folder, start_engine=True))
        self.refresh()

    def _follow(self, folder: RunFolder, start_engine: bool, *options: str) -> RunStore:
        from studio.app.followedrun import follow_run

        store, thread = follow_run(
            folder, self, start_engine, options, self._command, self._overdue_seconds
        )
        self._stores[folder.id], self._threads[folder.id] = store, thread
        store.state_changed.connect(self.state_changed)
        store.ended.connect(self._on_ended)
        thread.start()
        return store

    def _on_ended(self, store: RunStore) -> None:
        self.run_ended.emit(store)
        self.refresh()

    # what a run is asked to do

    def stop(self) -> None:
        """Ask the training run to stop after this step and keep its adapter."""
        if self.live is not None and self.live.is_booting:
            self.end_at_once()  # nothing has been done yet that could be kept
            return
        self.wish(StopAsked(time=time.time()), ends=True)

    def pause(self) -> None:
        """Ask the training run to commit a checkpoint and end, to be resumed later."""
        self.wish(PauseAsked(time=time.time()), ends=True)

    def save(self) -> None:
        """Ask the training run to commit a checkpoint and go on."""
        self.wish(SaveAsked(time=time.time()))

    def end_at_once(self) -> None:
        """End the engine without asking it; what its last checkpoint holds is safe."""
        from studio.data.runfiles import engine_of
        from studio.machine.processes import end

        if (live := self.live) is None:
            return
        engine = engine_of(live.folder) or self._threads[live.run].engine
        if engine is not None:
            end(engine)

    def wish(self, wish: Control, *, ends: bool = False) -> bool:
        """Write a wish for the training run; ends says that its engine should end of it.

        Returns:
            Whether it could be written; failed says why not.
        """
        from studio.data.runfiles import ask

        live = self.live
        if live is None:
            self.failed.emit(RunError("No run is training now.", "Resume one from Runs."))
            return False
        try:
            ask(live.folder, wish)
        except StudioError as problem:
            self.failed.emit(problem)
            return False
        if ends:
            self._threads[live.run].stop_was_asked()
        return True

    def close(self) -> None:
        """End all threads, and begin none any more; a run that trains goes on."""
        self._closed = True
        for run_id in list(self._threads):
            self._drop(run_id)
        self._jobs.close()

    def _drop(self, run_id: str) -> None:
        thread, store = self._threads.pop(run_id, None), self._stores.pop(run_id, None)
        if thread is not None:
            thread.close()
            thread.deleteLater()
        if store is not None:
            store.blockSignals(True)  # events of its thread may still be on their way
            store.deleteLater()

    def _on_job_failed(self, problem: StudioError) -> None:
        self.is_starting = False
        self.failed.emit(problem)

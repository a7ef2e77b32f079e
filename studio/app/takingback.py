"""Takes a checkpoint as the result of its run, and takes back what a run forgot by a new one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.guardreading import guard_reading
from studio.app.jobs import Jobs
from studio.app.predictions import predicted
from studio.app.runlibrary import RunLibrary
from studio.app.runstore import RunStore
from studio.core.problems import RunError, StudioError
from studio.core.recipe import Recipe
from studio.core.takeback import WayBack, taken_back, way_back
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.queuefile import change_queue, read_queue
from studio.data.results import take_as_result, taken_step


class TakingBack(QObject):
    """Works on the runs of a library; the Train page owns one.

    Signals:
        taken(str, int): a checkpoint is the result of this run now, or the last step is again.
        failed(object): the StudioError why something could not be done.
    """

    taken = Signal(str, int)
    failed = Signal(object)

    def __init__(
        self, runs: RunLibrary, workspace: Workspace, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._runs, self._workspace = runs, workspace
        self._waiting: tuple[str, Recipe, RunFolder] | None = None
        self._lining_up = False
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self._on_failed)
        runs.run_ended.connect(self._on_ended)

    @property
    def is_waiting(self) -> bool:
        """Whether a run is being stopped, to be taken back then."""
        return self._lining_up or self._waiting is not None

    def close(self) -> None:
        """Wait for the threads."""
        self._jobs.close()

    def take(self, store: RunStore, step: int) -> None:
        """Make a checkpoint the result of an ended run; taken or failed follows."""
        if store.alive:
            words = "The run still trains; its result is written when it ends."
            self.failed.emit(RunError(words, "Stop and keep it first."))
            return
        self._jobs.do(partial(_take, store.folder, step), partial(self._on_taken, store.run))

    def way(self, store: RunStore) -> WayBack | None:
        """Return how a run would be taken back; None where its recipe cannot be read."""
        recipe = store.recipe
        if recipe is None:
            return None
        changed = store.state.plan.get("learning_rate")
        rate = float(changed) if isinstance(changed, int | float) else recipe.learning_rate
        total = max(store.state.total_steps, store.state.step)
        return way_back(recipe, guard_reading(store).points, rate, total)

    def take_back(self, store: RunStore) -> None:
        """Go on from the best checkpoint with replay, in a new run on the same rows.

        A run that trains is stopped and kept first; where it is the queue's turn, the new run is the
        queue's next one, before those that wait. failed says why it cannot be.
        """
        way = self.way(store)
        if way is None or store.recipe is None:
            return
        start = str(checkpoint_folder(store.folder, way.step)) if way.step else ""
        try:
            recipe = taken_back(store.recipe, way, start)
        except StudioError as problem:
            self.failed.emit(problem)
            return
        if not store.alive:
            self._runs.start(recipe, rows_from=store.folder)
        elif _of_queue(self._workspace, store.run):
            self._lining_up = True  # first: the queue would begin another as soon as this one ends
            work = partial(_line_up, self._workspace, recipe, store.folder)
            self._jobs.do(work, self._on_lined_up)
        else:
            self._waiting = (store.run, recipe, store.folder)
            self._runs.stop()

    def _on_lined_up(self, _run: str) -> None:
        self._lining_up = False
        self._runs.stop()

    def _on_failed(self, problem: StudioError) -> None:
        self._lining_up = False
        self.failed.emit(problem)

    def _on_ended(self, store: RunStore) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and waiting[0] == store.run:
            self._runs.start(waiting[1], rows_from=waiting[2])

    def _on_taken(self, run: str, step: int) -> None:
        for store in (self._runs.current, self._runs.live):
            if store is not None and store.run == run:
                store.look_at_result()
        self._runs.refresh()
        self.taken.emit(run, step)


def _take(folder: RunFolder, step: int) -> int:
    try:
        take_as_result(folder, step)
    except OSError as err:
        raise RunError(
            f"The result could not be written: {err.strerror or err}.", f"Is {folder.path} full?"
        ) from err
    return taken_step(folder)


def _of_queue(workspace: Workspace, run: str) -> bool:
    queue = read_queue(workspace)
    return queue.active and queue.current == run


def _line_up(workspace: Workspace, recipe: Recipe, rows_from: RunFolder) -> str:
    from studio.data.runprep import prepare_run  # heavy, and seldom wanted

    told = predicted(None, rows_from)  # general rows learned along take no more memory
    run = prepare_run(workspace, recipe, rows_from=rows_from, **told)
    change_queue(workspace, lambda queue: queue.added([run.id], 0))
    return run.id

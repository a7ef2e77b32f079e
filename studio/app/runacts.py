"""What can be done with runs that are on the disk: words, copies, comparisons, the trash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.jobs import Jobs
from studio.app.predictions import predicted
from studio.app.queuedesk import QueueDesk
from studio.app.runlibrary import RunLibrary
from studio.app.runtrash import trash_run
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.recipefile import read_recipe
from studio.data.reproducing import Compared, compare_with_now, device_now, reproduced
from studio.data.rowsdiff import RowsDiff, rows_difference
from studio.data.runfiles import RunSummary
from studio.data.runmeta import RunMeta, meta_of, write_meta
from studio.data.runprep import prepare_run
from studio.machine.devices import MachineReading


@dataclass(frozen=True, slots=True)
class RowsCompared:
    """The rows of two runs, by their ids, compared."""

    runs: tuple[str, str]
    diff: RowsDiff


@dataclass(frozen=True, slots=True)
class NowCompared:
    """A run beside what would be made of it now."""

    run: RunSummary
    facts: list[Compared]

    @property
    def stops(self) -> str:
        """Why it cannot be made again; empty if it can."""
        return next((fact.sentence for fact in self.facts if fact.stops), "")


class RunActs(QObject):
    """Works on run folders off the window's thread; owned by the studio.

    Signals:
        rows_compared(object): RowsCompared.
        now_compared(object): NowCompared.
        made(object): the RunFolder of a new run with another run's rows, not started.
        failed(object): the StudioError why something could not be done.
    """

    rows_compared = Signal(object)
    now_compared = Signal(object)
    made = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        workspace: Workspace,
        runs: RunLibrary,
        queue: QueueDesk,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._workspace, self._runs, self._queue = workspace, runs, queue
        self._jobs = Jobs(self)
        self._jobs.failed.connect(self.failed)

    def close(self) -> None:
        """Wait for the threads."""
        self._jobs.close()

    # words

    def say(self, run: RunSummary, **words: object) -> Callable[[], None]:
        """Change a run's title, notes or tags; return how to take it back.

        Raises:
            RunError: its folder cannot be written to.
        """
        before = meta_of(run.folder)
        known = {"title": before.title, "notes": before.notes, "tags": before.tags}
        write_meta(run.folder, RunMeta(**known | words))  # type: ignore[arg-type]
        self._runs.refresh()
        return partial(self._write_back, run.folder, before)

    def _write_back(self, folder: RunFolder, meta: RunMeta) -> None:
        write_meta(folder, meta)
        self._runs.refresh()

    # comparing

    def compare_rows(self, first: RunSummary, second: RunSummary) -> None:
        """Compare the frozen rows of two runs; rows_compared or failed follows."""
        runs = (first.run, second.run)
        self._jobs.do(
            partial(rows_difference, first.folder, second.folder),
            lambda diff: self.rows_compared.emit(RowsCompared(runs, diff)),
        )

    def compare_with_now(self, run: RunSummary, reading: MachineReading) -> None:
        """Say what differs now from when a run was made; now_compared or failed follows."""
        work = partial(compare_with_now, self._workspace, run.folder, device_now(reading))
        self._jobs.do(work, lambda facts: self.now_compared.emit(NowCompared(run, facts)))

    # copies

    def make_again(self, run: RunSummary) -> None:
        """Make a new run of a run's recipe and its own frozen rows; made or failed follows."""
        self._jobs.do(partial(_make_again, self._workspace, run.folder), self._on_made)

    def make_mine(self, run: RunSummary) -> None:
        """Make a run of this computer of one that was copied from another; made follows."""
        recipe_of = partial(_own, self._workspace, run.folder)
        self._jobs.do(recipe_of, self._on_made)

    def recipe_of(self, run: RunSummary) -> Recipe:
        """Return a run's recipe, to be changed and trained anew.

        Raises:
            RecipeError: it cannot be read.
        """
        return read_recipe(run.folder.recipe)

    def _on_made(self, folder: RunFolder) -> None:
        self._runs.refresh()
        self.made.emit(folder)

    # the trash

    def trash(self, runs: list[RunSummary]) -> Callable[[], None] | None:
        """Move runs to the trash; return how they come back, None where the system does not tell.

        Raises:
            RunError: one is being trained, or could not be moved; those before it are gone.
        """
        ways: list[Callable[[], None] | None] = []
        try:
            for run in runs:
                current = self._runs.current
                if current is not None and current.run == run.run and not current.alive:
                    self._runs.close_current()
                ways.append(trash_run(run.folder, run.title or run.run))
                if run.run in self._queue.queue.waiting:
                    self._queue.remove(run.run)
        finally:
            self._runs.refresh()
        known = [way for way in ways if way is not None]
        return partial(self._bring_back, known) if len(known) == len(ways) else None

    def _bring_back(self, ways: list[Callable[[], None]]) -> None:
        try:
            for way in ways:
                way()
        finally:
            self._runs.refresh()


def _make_again(workspace: Workspace, source: RunFolder) -> RunFolder:
    return _made_of(workspace, reproduced(source), source)


def _own(workspace: Workspace, source: RunFolder) -> RunFolder:
    return _made_of(workspace, read_recipe(source.recipe), source)


def _made_of(workspace: Workspace, recipe: Recipe, source: RunFolder) -> RunFolder:
    """Make a run on another's rows; what was predicted for that one holds for it too."""
    return prepare_run(workspace, recipe, rows_from=source, **predicted(None, source))

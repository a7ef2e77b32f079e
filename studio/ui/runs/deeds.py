"""What the user does with runs on the Runs page, each by its name in the menu."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QDialog, QFileDialog

from studio.app.continuing import recipe_after, recipe_from_elsewhere
from studio.app.runacts import NowCompared, RowsCompared
from studio.app.studio import Studio
from studio.core.memory import Estimate, estimate_memory
from studio.core.problems import DataError, StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.runfiles import RunSummary
from studio.data.runtimes import expected_seconds, train_rows
from studio.ui.menus import open_folder
from studio.ui.reportdesk import ReportDesk
from studio.ui.runs.griddialog import GridDialog
from studio.ui.runs.reproducedialog import ReproduceDialog
from studio.ui.runs.rowsdialog import RowsDialog
from studio.ui.runs.runmenu import Chosen
from studio.ui.runs.runstable import RunsTable

Way = Callable[[], object]


class RunDeeds(QObject):
    """Carries out acts on the chosen runs; a StudioError becomes the window's problem."""

    def __init__(self, studio: Studio, table: RunsTable) -> None:
        super().__init__(table)
        self._studio, self._table = studio, table
        self._compared: RowsCompared | None = None
        self._start_made = False
        self._reports = ReportDesk(studio, table)
        studio.run_acts.rows_compared.connect(self._on_rows_compared)
        studio.run_acts.now_compared.connect(self._on_now_compared)
        studio.run_acts.made.connect(self._on_made)

    def chosen(self) -> Chosen:
        """Return what the acts depend on now."""
        runs = tuple(row.summary for row in self._table.chosen())
        desk, live = self._studio.queue, self._studio.runs.live
        at_work = desk.running and bool(desk.queue.current)
        return Chosen(runs, frozenset(desk.queue.runs), live is not None or at_work)

    def do(self, name: str) -> None:
        """Carry out an act of the menu."""
        acts: dict[str, Way] = {
            "open": self._open,
            "resume": self._resume,
            "clone": self._clone,
            "go_on": self._go_on,
            "elsewhere": self._go_on_elsewhere,
            "queue": self._queue,
            "grid": self._grid,
            "draft": lambda: self.ask_grid(self._studio.draft.recipe),
            "reproduce": self._reproduce,
            "mine": self._make_mine,
            "report": self._report,
            "card": self._card,
            "folder": self._open_folder,
            "trash": self._trash,
        }
        self.attempt(acts[name])

    def attempt(self, act: Way) -> None:
        """Do something; what stands against it is shown."""
        try:
            act()
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    def say(self, words: str, way_back: Way | None = None) -> None:
        """Show a toast; what stands against its Undo is shown too."""
        undo = (lambda: self.attempt(way_back)) if way_back is not None else None
        self._studio.said.emit(words, undo)

    # the run itself

    def _open(self) -> None:
        run = self.chosen().one
        if run is not None:
            self._studio.runs.open(run.run)
            self._studio.page_requested.emit("Train")

    def _resume(self) -> None:
        run = self.chosen().one
        if run is None or not run.resumable:
            return
        if run.run in self._studio.queue.queue.waiting:
            self._studio.queue.remove(run.run)
        self._studio.runs.resume(run.run)
        self._studio.page_requested.emit("Train")

    def _open_folder(self) -> None:
        for run in self.chosen().runs[:1]:
            open_folder(run.folder.path)

    def _report(self) -> None:
        run = self.chosen().one
        if run is not None:
            self._reports.ask(run.run)

    def _card(self) -> None:
        run = self.chosen().one
        if run is not None:
            self._reports.write_card(run.run)

    def _trash(self) -> None:
        runs = list(self.chosen().runs)
        if not runs:
            return
        back = self._studio.run_acts.trash(runs)
        name = runs[0].title or runs[0].run
        who = f"{name} is" if len(runs) == 1 else f"{len(runs)} runs are"
        self.say(f"{who} in the trash", back)

    # new runs

    def _clone(self) -> None:
        run = self.chosen().one
        if run is not None:
            self._take(self._studio.run_acts.recipe_of(run), f"The settings of {run.title} are")

    def _go_on(self) -> None:
        run = self.chosen().one
        if run is not None:
            recipe = recipe_after(self._studio.workspace, run)
            self._take(recipe, f"Settings that go on from {run.title} are")

    def _go_on_elsewhere(self) -> None:
        name = QFileDialog.getExistingDirectory(self._table, "The folder of an adapter")
        if name:
            self.go_on_from(Path(name))

    def go_on_from(self, folder: Path) -> None:
        """Let the recipe being edited go on from somebody's adapter."""
        studio = self._studio
        recipe = recipe_from_elsewhere(studio.workspace, folder, studio.draft.recipe)
        self._take(recipe, f"Settings that go on from {folder.name} are")

    def _take(self, recipe: Recipe, what: str) -> None:
        """Put a recipe into the draft, with its dataset open, and show it."""
        studio = self._studio
        current, name = studio.datasets.current, Path(recipe.dataset).stem
        if current is None or current.name != name:
            try:
                studio.datasets.open(name)
            except DataError as problem:
                studio.problem_met.emit(problem)
        studio.draft.load(recipe)
        studio.page_requested.emit("Model")
        self.say(f"{what} here to be changed", studio.draft.undo_stack.undo)

    def _make_mine(self) -> None:
        run = self.chosen().one
        if run is not None:
            self._start_made = False
            self._studio.run_acts.make_mine(run)

    def _reproduce(self) -> None:
        run, reading = self.chosen().one, self._studio.machine.reading
        if run is not None and reading is not None:
            self._studio.run_acts.compare_with_now(run, reading)

    def _on_now_compared(self, found: NowCompared) -> None:
        dialog = ReproduceDialog(self._table, found)
        dialog.finished.connect(lambda code: self._on_reproduce_closed(code, found.run))
        dialog.open()

    def _on_reproduce_closed(self, code: int, run: RunSummary) -> None:
        dialog = self.sender()
        if isinstance(dialog, QDialog):
            dialog.deleteLater()
        if code == QDialog.DialogCode.Accepted:
            self._start_made = self._studio.runs.live is None
            self._studio.run_acts.make_again(run)

    def _on_made(self, folder: RunFolder) -> None:
        if self._start_made:
            self._start_made = False
            self._studio.runs.resume(folder.id)
            self._studio.page_requested.emit("Train")
            return
        self.say(f"{folder.id} is a run of this computer, on the same rows; it can be started")

    # the queue

    def _queue(self) -> None:
        runs = [run.run for run in self.chosen().runs if run.resumable]
        self._studio.queue.add(runs)
        many = "It waits" if len(runs) == 1 else f"{len(runs)} runs wait"
        self.say(f"{many} in the queue", lambda: self._take_out(runs))

    def _take_out(self, runs: list[str]) -> None:
        for run in runs:
            self._studio.queue.remove(run)

    def take_out(self, run: str) -> None:
        """Take a waiting run out of the queue; its folder stays."""
        back = self._studio.queue.remove(run)
        self.say(f"{run} is out of the queue", back)

    def _grid(self) -> None:
        run = self.chosen().one
        if run is not None:
            self.ask_grid(self._studio.run_acts.recipe_of(run))

    def ask_grid(self, recipe: Recipe) -> None:
        """Ask what is to be varied, and put the runs into the queue."""
        rows, earlier = train_rows(self._studio.workspace, recipe), self._studio.runs.all()
        dialog = GridDialog(
            self._table, recipe, lambda other: expected_seconds(other, rows, earlier)
        )
        dialog.accepted.connect(lambda: self._add_all(dialog.recipes))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _add_all(self, recipes: list[Recipe]) -> None:
        self._studio.queue.add_recipes(recipes, [self._estimate(recipe) for recipe in recipes])

    def _estimate(self, recipe: Recipe) -> Estimate | None:
        """Return the peak that is predicted for a recipe; None where its model is not known."""
        reading, name = self._studio.machine.reading, Path(recipe.model).name
        info = next((info for info in self._studio.models.all() if info.name == name), None)
        if info is None or reading is None:
            return None
        device = reading.device if recipe.device == "auto" else recipe.device
        try:
            return estimate_memory(info.shape, recipe, device, cpu_bf16=reading.cpu_bf16)
        except StudioError:  # the engine says why, when its turn comes
            return None

    # comparing

    def _on_rows_compared(self, found: RowsCompared) -> None:
        self._compared = found

    def show_rows(self) -> None:
        """Show the rows that the two chosen runs do not share."""
        found = self._compared
        if found is None:
            return
        titles = {run.run: run.title or run.run for run in self._studio.runs.all()}
        first, second = (titles.get(run, run) for run in found.runs)
        dialog = RowsDialog(self._table, found.diff, (first, second))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

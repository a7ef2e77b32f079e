"""How data comes in: files that are chosen or dropped, and what is said of them afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.convertjob import JobStopped
from studio.app.filelook import Asked, Incoming, Looked
from studio.app.importplan import ImportPlan, first_name, is_settled, usual_each
from studio.app.studio import Studio
from studio.core.problems import DataError, StudioError
from studio.data.bytestreams import TooLarge
from studio.data.importing import ImportCancelled, ImportReport
from studio.ui.data.datanote import LEFT_OUT, DataNote
from studio.ui.data.datasetcard import DatasetCard
from studio.ui.data.emptydata import EmptyData
from studio.ui.data.importdialog import ImportDialog
from studio.ui.dialogs.frame import ask
from studio.ui.menus import FILES

LARGE = "Read it, however large"


class Arrivals(QObject):
    """Starts imports and says how they ended; the Data page owns it."""

    def __init__(
        self, studio: Studio, page: QWidget, card: DatasetCard, empty: EmptyData, note: DataNote
    ) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._card, self._note = card, note
        self.dialog: ImportDialog | None = None
        library = studio.datasets
        library.look.looked.connect(self._on_looked)
        library.foreign.ready.connect(self.take_in)
        library.foreign.progressed.connect(card.show_progress)
        library.foreign.failed.connect(self._on_foreign_failed)
        library.foreign.noted.connect(lambda words: studio.said.emit(words, None))
        library.import_progressed.connect(card.show_progress)
        library.import_ended.connect(self._on_import_ended)
        card.cancel_asked.connect(library.cancel_import)
        for asked in (card.import_asked, empty.import_asked):
            asked.connect(self.ask_for_files)

    def ask_for_files(self) -> None:
        """Ask for files and import them."""
        names, _ = QFileDialog.getOpenFileNames(self._page, "Import data", "", FILES)
        self.import_files([Path(name) for name in names])

    def import_files(self, paths: Sequence[Path]) -> None:
        """Look at files, show what they are, and import them when the user says so."""
        if paths and self.dialog is None:
            self._studio.datasets.foreign.take(paths)

    def take_in(self, files: tuple[Incoming, ...]) -> None:
        """Look at files of rows, and go on as with those that were chosen."""
        self._card.show_progress(None)
        if self.dialog is None:
            self._look(Asked(files))

    def _look(self, asked: Asked) -> None:
        self._studio.datasets.look.look(asked)

    def _on_looked(self, looked: Looked) -> None:
        if self.dialog is not None:
            return  # it asked, and knows what to make of it
        packed = next((each for each in looked.problems if isinstance(each, TooLarge)), None)
        if packed is not None and ask(self._page, packed.summary, packed.hint, LARGE):
            self._look(Asked(looked.asked.files, looked.asked.each, unlimited=True))
            return
        self._tell(looked.problems)
        memory = self._studio.datasets.memory
        each = usual_each(looked, memory)
        if each is not looked.asked.each:
            self._look(Asked(looked.asked.files, each, unlimited=looked.asked.unlimited))
        elif looked.plans:
            plan = ImportPlan(looked, memory)
            if is_settled(looked, memory) and not plan.lack():
                self._import(plan, first_name(plan.plans))
            else:
                self._open(plan)

    def _on_foreign_failed(self, problem: StudioError) -> None:
        self._card.show_progress(None)
        if isinstance(problem, JobStopped):
            self._studio.said.emit(f"{problem.summary} Nothing of it is left", None)
        else:
            self._studio.problem_met.emit(problem)

    def _tell(self, problems: Sequence[StudioError]) -> None:
        if len(problems) == 1:
            self._studio.problem_met.emit(problems[0])
        elif problems:
            details = "\n".join(problem.summary for problem in problems)
            first = f"{len(problems):,} files cannot be imported. {problems[0].summary}"
            self._studio.problem_met.emit(DataError(first, problems[0].hint, details))

    def _open(self, plan: ImportPlan) -> None:
        library = self._studio.datasets
        self.dialog = ImportDialog(self._page.window(), plan, library.look, library.survey)
        self.dialog.finished.connect(self._on_decided)
        self.dialog.open()

    def _on_decided(self, code: int) -> None:
        dialog, self.dialog = self.dialog, None
        if dialog is None:
            return
        if code:
            dialog.plan.remember(ask=not dialog.again.isChecked())
            self._import(dialog.plan, dialog.name)
        else:
            for each in dialog.plan.plans:
                self._studio.datasets.foreign.drop(each.part.path)
        dialog.deleteLater()

    def _import(self, plan: ImportPlan, name: str) -> None:
        for each, plans in plan.groups(name):
            self._studio.datasets.import_plans(plans, each)

    def _on_import_ended(self, outcome: ImportReport | StudioError) -> None:
        self._card.show_progress(None)
        if isinstance(outcome, ImportCancelled):
            self._studio.said.emit(f"{outcome.summary} Nothing of it is left", None)
        elif isinstance(outcome, StudioError):
            self._studio.problem_met.emit(outcome)
        else:
            self._studio.said.emit(outcome.sentence, None)
            if outcome.problems:
                left = len(outcome.problems) + outcome.unlisted
                fact = f"{left:,} {'line is' if left == 1 else 'lines are'} left out."
                first = outcome.problems[0]
                where = f"Line {first.line:,}: {first.reason}."
                self._note.offer(fact, where, LEFT_OUT, "Show them")

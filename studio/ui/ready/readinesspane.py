"""The Readiness part of the Chat page: past looks at adapters, a new one, and what it found."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication

from studio.app.chatdesk import ChatDesk
from studio.app.evaluationchoice import columns_of
from studio.app.evaluationclient import IDLE
from studio.app.readinessdesk import ReadinessDesk
from studio.app.studio import Studio
from studio.core.evaluation import EvaluationState
from studio.core.problems import StudioError
from studio.data.readiness import ReadinessSummary
from studio.data.runfiles import RunSummary
from studio.ui.evaluate.entries import look_entry, look_facts, look_title
from studio.ui.evaluate.progressview import ProgressView
from studio.ui.ready.lookform import LookForm
from studio.ui.ready.lookresults import LookResults
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.parts import Button
from studio.ui.widgets.pastpane import PastPane

FORM, PROGRESS, RESULTS, NOTHING = range(4)


class ReadinessPane(PastPane):
    """A list of looks at the left, the one that is open at the right."""

    def __init__(self, studio: Studio, runs: ChatDesk) -> None:
        self.form, self.progress, self.results = LookForm(), ProgressView("New look"), LookResults()
        self.train_button = Button("Train a run", "train", "primary")
        nothing = EmptyState(
            "Nothing to look at yet",
            "Before a branch is put to use, here stands what it costs: speed, memory, what it "
            "forgot, and which prompts the base should answer.",
            self.train_button,
        )
        views = (self.form, self.progress, self.results, nothing)
        super().__init__("Readiness", "New look", *views)
        self._studio, self._runs = studio, runs
        self.desk = ReadinessDesk(studio.workspace, studio.evaluations, self)
        self._looks: list[ReadinessSummary] = []
        self._open = 0
        self._connect()

    def _connect(self) -> None:
        desk = self.desk
        desk.listed.connect(self.refresh)
        desk.advanced.connect(self._on_advanced)
        desk.ended.connect(self._on_ended)
        desk.failed.connect(self._on_failed)
        self.entry_chosen.connect(lambda at: self.open(self._looks[at].id))
        self.new_requested.connect(self.begin)
        self.train_button.clicked.connect(lambda: self._studio.page_requested.emit("Train"))
        self.form.run_chosen.connect(self._show_adapters)
        self.form.started.connect(self.start)
        self.progress.pause_requested.connect(desk.pause)
        self.progress.resume_requested.connect(lambda: self._resume(self._open))
        self.progress.another_requested.connect(self.begin)
        self.results.rule.copy_requested.connect(self._copy)
        self._runs.choice_changed.connect(self._on_runs_changed)

    def shown(self) -> None:
        """Look again at what there is; called when the pane comes to the front."""
        self.refresh()
        if self._open or (self.stack.currentIndex() == FORM and self.form.adapter.count()):
            return  # what is chosen stays
        number = self.desk.live or next((look.id for look in self._looks), 0)
        if number:
            self.open(number)
        else:
            self.begin()

    def refresh(self) -> None:
        """Read the list of looks again."""
        try:
            self._looks = self.desk.all()
        except StudioError as problem:
            self.banner.show_problem(problem)
            self._looks = []
        numbers = [look.id for look in self._looks]
        at = numbers.index(self._open) if self._open in numbers else -1
        live = self.desk.live
        entries = [look_entry(look, live=look.id == live) for look in self._looks]
        self.show_entries(entries, [look_title(look) for look in self._looks], at)
        if at >= 0 and self.stack.currentIndex() == PROGRESS:
            self._show_progress(self._looks[at])

    def begin(self) -> None:
        """Show the form of a new look."""
        self._open = 0
        self.banner.clear()
        current = self._runs.run.run if self._runs.run is not None else ""
        self.form.show_runs(self._runs.runs, current)
        self._show_adapters(current)
        self.refresh()
        self.stack.setCurrentIndex(FORM if self._runs.runs else NOTHING)
        self.new_button.setVisible(False)

    def start(self) -> None:
        """Begin a look at what is chosen."""
        summary, adapter = self._run_of(self.form.run.currentData()), self.form.adapter
        if summary is None or self.desk.why_not:
            return
        chosen = "" if adapter.currentIndex() == 0 else str(adapter.currentData())
        try:
            self.open(self.desk.start(summary.folder, chosen))
        except StudioError as problem:
            self.banner.show_problem(problem)

    def open(self, number: int) -> None:
        """Open a look as it stands."""
        self._open = number
        self.refresh()
        look = self._looked
        if look is None:
            return
        self.new_button.setVisible(True)
        self.banner.clear()
        if look.state is EvaluationState.DONE and self.desk.live != number:
            self.results.show_look(look)
            self.stack.setCurrentIndex(RESULTS)
        else:
            self._show_progress(look)

    @property
    def _looked(self) -> ReadinessSummary | None:
        """The look that is open."""
        return next((look for look in self._looks if look.id == self._open), None)

    def _resume(self, number: int) -> None:
        self.desk.resume(number)
        self.open(number)

    def _show_progress(self, look: ReadinessSummary) -> None:
        client = self.desk.client
        mine = self.desk.live == look.id
        state, last = (client.state, client.last) if mine else (IDLE, None)
        self.progress.show_job(f"Look {look.id}", look, state, last, look_facts(look))
        self.progress.resume_button.setEnabled(mine or not self.desk.why_not)
        self.stack.setCurrentIndex(PROGRESS)

    def _show_adapters(self, run: str) -> None:
        summary = self._run_of(run)
        own = columns_of(summary, []) if summary is not None else []
        self.form.show_adapters(own)
        self.form.set_able(self.desk.why_not)

    def _run_of(self, run: str | None) -> RunSummary | None:
        return next((summary for summary in self._runs.runs if summary.run == run), None)

    def _on_advanced(self) -> None:
        look = self._looked
        if look is not None and self.desk.live == look.id:
            self._show_progress(look)
        if self.stack.currentIndex() == FORM:
            self.form.set_able(self.desk.why_not)

    def _on_ended(self, number: int, state: str) -> None:
        if self._open == number:
            self.open(number)
        elif state == EvaluationState.DONE:
            self._studio.said.emit(f"Look {number} is done", None)

    def _on_failed(self, number: int, problem: StudioError) -> None:
        self.open(number)
        if self._looked is not None and not self._looked.problem[0]:
            self.banner.show_problem(problem)  # its process was lost before it could say why

    def _on_runs_changed(self) -> None:
        if self.stack.currentIndex() in (FORM, NOTHING) and self.isVisible():
            self.begin()

    def _copy(self, rule: str) -> None:
        QGuiApplication.clipboard().setText(rule)
        self._studio.said.emit("The rule is copied as JSON", None)

"""The Evaluate half of the Chat page: past evaluations, a new one, and what comes of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from studio.app.chatdesk import ChatDesk
from studio.app.evaluationchoice import column_of_folder, columns_of, setup_of, split_counts
from studio.app.evaluationclient import IDLE
from studio.app.studio import Studio
from studio.core.evaluation import ColumnSpec, EvaluationState
from studio.core.problems import StudioError
from studio.data.evaluations import EvaluationSummary
from studio.data.runfiles import RunSummary
from studio.ui.evaluate.benchmarkcard import BenchmarkCard
from studio.ui.evaluate.entries import entry_of, facts_of, title_of, title_words
from studio.ui.evaluate.judgecard import JudgeCard
from studio.ui.evaluate.progressview import ProgressView
from studio.ui.evaluate.resultsview import ResultsView
from studio.ui.evaluate.setupform import SHOTS, SetupForm
from studio.ui.reportdesk import ReportDesk
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.parts import Button
from studio.ui.widgets.pastpane import PastPane

FORM, PROGRESS, RESULTS, NOTHING = range(4)


class EvaluatePane(PastPane):
    """A list of evaluations at the left, the one that is open at the right."""

    def __init__(self, studio: Studio, desk: ChatDesk) -> None:
        self.form, self.progress = SetupForm(), ProgressView()
        self.results = ResultsView(JudgeCard(studio), BenchmarkCard(studio))
        self.train_button = Button("Train a run", "train", "primary")
        self.nothing = EmptyState(
            "Nothing to evaluate yet",
            "A run that has grown a branch can be measured here against its base, on rows that it "
            "has never seen.",
            self.train_button,
        )
        views = (self.form, self.progress, self.results, self.nothing)
        super().__init__("Evaluations", "New evaluation", *views)
        self._studio, self._desk, self._library = studio, desk, studio.evaluations
        self._summaries: list[EvaluationSummary] = []
        self._open = 0
        self._folders: list[ColumnSpec] = []
        self._reports = ReportDesk(studio, self)
        self._connect()

    def _connect(self) -> None:
        library = self._library
        library.listed.connect(self.refresh)
        library.ended.connect(self._on_ended)
        library.failed.connect(self._on_failed)
        library.client.advanced.connect(self._on_advanced)
        library.client.state_changed.connect(self._on_advanced)
        self.entry_chosen.connect(lambda at: self.open(self._summaries[at].id))
        self.new_requested.connect(self.begin)
        self.train_button.clicked.connect(lambda: self._studio.page_requested.emit("Train"))
        self.form.run_chosen.connect(self._on_run_chosen)
        self.form.dataset_chosen.connect(self._show_splits)
        self.form.folder_requested.connect(self._add_folder)
        self.form.schema_requested.connect(self._choose_schema)
        self.form.started.connect(self.start)
        self.progress.pause_requested.connect(library.pause)
        self.progress.resume_requested.connect(lambda: self.resume(self._open))
        self.progress.another_requested.connect(self.begin)
        self.results.row_requested.connect(self._on_row_requested)
        self.results.report_requested.connect(self._on_report_requested)
        self._desk.choice_changed.connect(self._on_runs_changed)

    def shown(self) -> None:
        """Look again at what there is; called when the pane comes to the front."""
        self.refresh()
        if not self._open and self.stack.currentIndex() == FORM and self.form.dataset.count():
            self._show_splits(self.form.dataset.currentText())  # what is chosen stays
        elif not self._open:
            live = self._library.live or next((s.id for s in self._summaries), 0)
            if live:
                self.open(live)
            else:
                self.begin()

    def refresh(self) -> None:
        """Read the list of evaluations again."""
        try:
            self._summaries = self._library.all()
        except StudioError as problem:
            self.banner.show_problem(problem)
            self._summaries = []
        numbers = [summary.id for summary in self._summaries]
        at = numbers.index(self._open) if self._open in numbers else -1
        entries = [entry_of(s, live=self._library.live == s.id) for s in self._summaries]
        self.show_entries(entries, [title_of(summary) for summary in self._summaries], at)
        if at >= 0 and self._shows_progress:
            self._show_progress(self._summaries[at])

    def begin(self) -> None:
        """Show the form of a new evaluation."""
        self._open = 0
        self.banner.clear()
        self._fill_form()
        self.refresh()
        self.stack.setCurrentIndex(FORM if self._desk.runs else NOTHING)
        self.new_button.setVisible(False)

    def start(self) -> None:
        """Begin what the form says."""
        summary = self._run_of(self.form.run.currentData())
        if summary is None:
            return
        shots = SHOTS if self.form.shots.isChecked() else 0
        try:
            setup = setup_of(
                self._studio.workspace, summary, self.form.columns, shots, self.form.wanted
            )
            if self._library.client.state == IDLE:
                self.open(self._library.start(setup))
        except StudioError as problem:
            self.banner.show_problem(problem)

    def resume(self, number: int) -> None:
        """Go on with an evaluation that was paused or has failed."""
        self._library.resume(number)
        self.open(number)

    def _fill_form(self) -> None:
        desk = self._desk
        current = desk.run.run if desk.run is not None else ""
        self.form.show_runs(desk.runs, current)
        names = self._studio.datasets.names()
        wanted = desk.run.dataset if desk.run is not None else ""
        self.form.show_datasets(names, wanted)
        self._show_splits(self.form.dataset.currentText())
        self._on_run_chosen(current)
        self.form.set_able(self._library.why_not)

    def _on_run_chosen(self, run: str) -> None:
        summary = self._run_of(run)
        if summary is not None:
            offered = [*columns_of(summary, self._desk.runs), *self._folders]
            self.form.show_columns(offered, [*offered[:1], *self._folders])

    def _show_splits(self, dataset: str) -> None:
        counts: dict[str, int] = {}
        try:
            counts = split_counts(self._studio.workspace, dataset) if dataset else {}
            self.banner.clear()
        except StudioError as problem:
            way_out = "Open it on the Data page", lambda: self._open_data(dataset)
            self.banner.show_problem(problem, way_out)
        self.form.show_splits(counts)

    def _add_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "An adapter's folder, in PEFT's layout")
        if not chosen:
            return
        try:
            self._folders.append(column_of_folder(Path(chosen)))
        except StudioError as problem:
            self.banner.show_problem(problem)
        self._on_run_chosen(self.form.run.currentData())

    def _choose_schema(self) -> None:
        words = "A JSON Schema of the answers"
        chosen, _ = QFileDialog.getOpenFileName(self, words, "", "JSON (*.json);;All files (*)")
        if chosen:
            self.form.schema.take(Path(chosen))

    def _open_data(self, dataset: str) -> None:
        self._studio.datasets.open(dataset)
        self._studio.page_requested.emit("Data")

    def _run_of(self, run: str | None) -> RunSummary | None:
        return next((summary for summary in self._desk.runs if summary.run == run), None)

    def open(self, number: int) -> None:
        """Open an evaluation as it stands."""
        self._open = number
        self.refresh()
        summary = next((s for s in self._summaries if s.id == number), None)
        if summary is None:
            return
        self.new_button.setVisible(True)
        self.banner.clear()
        if summary.state is EvaluationState.DONE and self._library.live != number:
            self._show_results(summary)
        else:
            self._show_progress(summary)

    def _show_results(self, summary: EvaluationSummary) -> None:
        try:
            results, rows = self._library.open(summary.id)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        if results is not None:
            self.results.show_results(summary, results, rows)
            self.stack.setCurrentIndex(RESULTS)

    def _show_progress(self, summary: EvaluationSummary) -> None:
        client = self._library.client
        mine = self._library.live == summary.id
        state, last = (client.state, client.last) if mine else (IDLE, None)
        self.progress.show_job(title_words(summary), summary, state, last, facts_of(summary))
        self.progress.resume_button.setEnabled(mine or client.state == IDLE)
        self.stack.setCurrentIndex(PROGRESS)

    def _on_advanced(self) -> None:
        summary = next((s for s in self._summaries if s.id == self._open), None)
        if summary is not None and self._library.live == self._open:
            self._show_progress(summary)
        if self.stack.currentIndex() == FORM:
            self.form.set_able(self._library.why_not)

    def _on_ended(self, number: int, state: str) -> None:
        if self._open == number:
            self.open(number)
        elif state == EvaluationState.DONE:
            self._studio.said.emit(f"Evaluation {number} is done", None)

    def _on_failed(self, number: int, problem: StudioError) -> None:
        self.open(number)
        summary = next((s for s in self._summaries if s.id == number), None)
        if summary is not None and not summary.problem[0] and self._shows_progress:
            self.banner.show_problem(problem)  # its process was lost before it could say why

    @property
    def _shows_progress(self) -> bool:
        return self.stack.currentIndex() == PROGRESS

    def _on_runs_changed(self) -> None:
        if self.stack.currentIndex() in (FORM, NOTHING) and self.isVisible():
            self.begin()

    def _on_row_requested(self, row: int) -> None:
        summary = next((s for s in self._summaries if s.id == self._open), None)
        if summary is None:
            return
        name = Path(summary.setup.dataset).stem
        if name not in self._studio.datasets.names():
            self._studio.said.emit(f"The dataset {name} is not in the workspace any more", None)
            return
        current = self._studio.datasets.current
        if current is None or current.name != name:
            self._studio.datasets.open(name)
        self._studio.page_requested.emit("Data")
        self._studio.rows_requested.emit([row], f"row {row:,} of evaluation {summary.id}")

    def _on_report_requested(self) -> None:
        summary = next((s for s in self._summaries if s.id == self._open), None)
        if summary is not None:
            runs = [column.run for column in summary.setup.columns if column.run]
            self._reports.ask(Path(next(iter(runs), summary.setup.run)).name)

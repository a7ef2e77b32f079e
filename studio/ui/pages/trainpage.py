"""The Train page: before a run what stands against it, then where it is and what it learns."""

from __future__ import annotations

from functools import partial

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QStackedWidget

from studio.app.checklist import Checklist
from studio.app.findings import Action
from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.data.checkpointplaces import checkpoint_folder
from studio.ui.reportdesk import ReportDesk
from studio.ui.train.runview import RunView
from studio.ui.train.startview import StartView
from studio.ui.train.words import BADGES, page_line
from studio.ui.widgets.frame import Page

CONTINUED = " continued"
"""What the name of a run that goes on from another ends with."""


class TrainPage(Page):
    """Shows the current run of the library, or the start of a new one when there is none."""

    def __init__(self, studio: Studio) -> None:
        super().__init__("Train", "")
        self._studio = studio
        self._awake = self._joined = False
        self.checklist = Checklist(studio, self)
        self.start_view = StartView(studio, self.checklist)
        self.run_view = RunView(studio)
        self.reports = ReportDesk(studio, self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.start_view)
        self._stack.addWidget(self.run_view)
        self.body.addWidget(self._stack, 1)
        self.addActions(self.run_view.live_menu.acts)
        self._connect()
        self._on_opened(studio.runs.current)
        QTimer.singleShot(0, self, self._warm_on)

    def _connect(self) -> None:
        runs, card = self._studio.runs, self.run_view.run_card
        self.checklist.changed.connect(self._on_checked)
        self.start_view.start_asked.connect(self.start)
        self.start_view.acted.connect(self.act)
        self.start_view.run_chosen.connect(runs.open)
        runs.opened.connect(self._on_opened)
        runs.listed.connect(self.start_view.refresh_runs)
        runs.starting.connect(self._on_starting)
        runs.failed.connect(self._on_failed)
        runs.state_changed.connect(self._on_state_changed)
        runs.run_ended.connect(self._on_run_ended)
        card.save_asked.connect(runs.save)
        card.pause_asked.connect(runs.pause)
        card.stop_asked.connect(runs.stop)
        card.end_asked.connect(runs.end_at_once)
        card.resume_asked.connect(self.resume)
        card.again_asked.connect(runs.close_current)
        summary, details = self.run_view.summary, self.run_view.details
        summary.chat_asked.connect(self.chat_with)
        summary.evaluate_asked.connect(self.evaluate)
        self.run_view.guard_strip.evaluate_asked.connect(self.evaluate)
        summary.continue_asked.connect(lambda: self.go_on())
        summary.take_asked.connect(self.take)
        summary.report_asked.connect(self.report)
        summary.card_asked.connect(self.write_card)
        self._studio.taking_back.taken.connect(self._on_taken)
        details.answers.chat_asked.connect(self.chat_with)
        details.answers.sample_asked.connect(self.run_view.acts.ask_sample)
        details.rows.rows_asked.connect(self.show_rows)
        details.first_batch.row_asked.connect(lambda row: self.show_rows((row,), "", ""))

    def _warm_on(self) -> None:
        """Load what is slow to load, a piece at a time, before anybody waits for it."""
        if self.run_view.warm_piece():
            QTimer.singleShot(0, self, self._warm_on)
        else:
            self.warm()

    def warm(self) -> None:
        """Load what is left of the plots now."""
        self.run_view.warm()
        if self.run_view.plots is not None and not self._joined:
            self._joined = True
            card = self.run_view.plots.change_card
            card.chat_asked.connect(self.chat_with)
            card.keep_asked.connect(self.take)
            card.back_asked.connect(self.go_back)

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self.start_view.set_small(small)
        self.run_view.set_small(small)

    def shown(self) -> None:
        self._awake = True
        self._studio.runs.refresh()
        self._wake()

    def hidden(self) -> None:
        self._awake = False
        self._wake()

    # what the user asks

    def start(self) -> None:
        """Begin a run with the recipe as it stands, unless something forbids it."""
        if self.checklist.may_start:
            self._studio.runs.start(self._studio.draft.recipe, self.checklist.estimate)

    def resume(self) -> None:
        """Go on with the run that is shown."""
        store = self._studio.runs.current
        if store is not None:
            self._studio.runs.resume(store.run)

    def chat_with(self, step: int) -> None:
        """Talk to the run as it was at a step; 0 is its result, or the base beside any."""
        store = self._studio.runs.current
        if store is not None:
            self._studio.page_requested.emit("Chat")  # first: it builds the page that listens
            self._studio.point_requested.emit(store.run, step)

    def evaluate(self) -> None:
        """Go where the result is measured."""
        self.chat_with(0)
        self._studio.evaluation_requested.emit()

    def take(self, step: int) -> None:
        """Make a checkpoint the result of the run that is shown."""
        store = self._studio.runs.current
        if store is not None:
            self._studio.taking_back.take(store, step)

    def _on_taken(self, run: str, step: int) -> None:
        store = self._studio.runs.current
        if store is not None and store.run == run:
            end = store.state.step
            undo = partial(self.take, end) if end in store.kept and end != step else None
            self._studio.said.emit(f"The result is that of step {step:,}", undo)

    def go_back(self, step: int) -> None:
        """Go back to a checkpoint of the run that trains, or on from it where the run has ended."""
        store = self._studio.runs.current
        if store is not None and store.alive:
            self.run_view.acts.ask_back(step)
        else:
            self.go_on(step)

    def report(self) -> None:
        """Write the report of the run that is shown."""
        store = self._studio.runs.current
        if store is not None:
            self.reports.ask(store.run)

    def write_card(self) -> None:
        """Write the model card of the run that is shown."""
        store = self._studio.runs.current
        if store is not None:
            self.reports.write_card(store.run)

    def go_on(self, step: int = 0) -> None:
        """Prepare a run that goes on from this one's result or checkpoint, with its recipe."""
        store, studio = self._studio.runs.current, self._studio
        if store is None or store.recipe is None:
            return
        title = store.title.removesuffix(CONTINUED) + CONTINUED
        start = checkpoint_folder(store.folder, step) if step else store.folder.adapter
        recipe = store.recipe.replace(start_from=str(start), title=title)
        studio.draft.load(recipe)
        studio.runs.close_current()
        studio.said.emit(f"Goes on from {store.title}", studio.draft.undo_stack.undo)

    def show_rows(self, rows: tuple[int, ...], dataset: str, why: str) -> None:
        """Show rows of the run's dataset, or of another one of its mix, on the Data page."""
        store = self._studio.runs.current
        if store is not None:
            try:
                self.run_view.acts.show_rows(rows, store, why, dataset)
            except StudioError as problem:
                self._studio.problem_met.emit(problem)

    def act(self, action: Action) -> None:
        """Carry out the way out of a finding."""
        studio, document = self._studio, self._studio.datasets.current
        try:
            if action.kind == "edit":
                studio.draft.edit_all(action.payload, action.label)
                studio.said.emit(action.label, studio.draft.undo_stack.undo)
            elif action.kind == "split" and document is not None:
                moved = document.offer_validation(action.payload)
                words = f"{moved:,} rows are held out" if moved else "Rows are being held out"
                studio.said.emit(words, document.undo)
            elif action.kind == "check":
                self.checklist.look_again()
            elif action.kind == "show_live" and studio.runs.live is not None:
                studio.runs.open(studio.runs.live.run)
            elif action.kind == "rows":
                studio.page_requested.emit("Data")
                if len(action.payload):
                    ids = np.array(action.payload, np.int64)
                    studio.rows_requested.emit(ids, f"{len(ids):,} found before the start")
            elif action.kind == "page":
                studio.page_requested.emit(action.payload)
        except StudioError as problem:
            studio.problem_met.emit(problem)

    # what happens

    def _on_opened(self, store: RunStore | None) -> None:
        self.run_view.show_run(store)
        self.run_view.live_menu.show_run(store)
        self._stack.setCurrentWidget(self.start_view if store is None else self.run_view)
        self._say_line()
        self._wake()

    def _wake(self) -> None:
        """Let only what is seen look after itself."""
        in_run = self._stack.currentWidget() is self.run_view
        self.run_view.set_awake(self._awake and in_run)
        if self._awake and not in_run:
            self.checklist.wake()
            self.start_view.refresh()
            self.start_view.refresh_runs()
        else:
            self.checklist.sleep()

    def _on_checked(self) -> None:
        self.start_view.refresh()

    def _on_starting(self) -> None:
        self.start_view.plan.set_busy("Freezing the rows of the run.")

    def _on_failed(self, _problem: StudioError) -> None:
        self.start_view.plan.set_busy("")
        self.start_view.refresh()

    def _on_state_changed(self, _state: object) -> None:
        self.run_view.live_menu.show_run(self._studio.runs.current)
        self._say_line()

    def _on_run_ended(self, store: RunStore) -> None:
        if not self._awake:
            words = BADGES[store.state.state][1].lower()
            self._studio.said.emit(f"{store.title}: {words} at step {store.state.step:,}", None)

    def _say_line(self) -> None:
        store = self._studio.runs.current
        if store is None:
            self.start_view.plan.set_busy("")
            self.set_state("Nothing is training; what stands against a start is listed here")
        else:
            self.set_state(page_line(store))

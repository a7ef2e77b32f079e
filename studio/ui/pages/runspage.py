"""The runs of the workspace: what each was, where it stands, what it took."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QFile
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.core.problems import RunError, StudioError
from studio.core.runstate import RunState, State
from studio.core.units import GIB, NO_VALUE, duration, percent, rate
from studio.data.runfiles import RunSummary
from studio.ui.dialogs.frame import ask
from studio.ui.menus import open_folder
from studio.ui.train.words import BADGES
from studio.ui.widgets.card import Card
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.frame import Page
from studio.ui.widgets.lists import Cell, Rows, RowTable
from studio.ui.widgets.parts import Button, SearchField, fill

HEADS = ("Run", "State", "Model", "Dataset", "Method", "Held-out", "Tokens/s", "Peak, GiB", "Took")
WIDTHS = {1: 150, 4: 110, 5: 130, 6: 84, 7: 150, 8: 92}
NARROW = {1: 138, 4: 96, 6: 74, 8: 84}
HIDDEN_WHEN_NARROW = (3, 5, 7)


class RunsPage(Page):
    """A table of runs; Enter opens one on the Train page.

    Attributes:
        table: the runs, newest first.
        open_button, resume_button, folder_button, delete_button: for the chosen run.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__("Runs", "No runs yet")
        self._studio = studio
        self._runs: list[RunSummary] = []
        self._model = Rows(HEADS, frozenset({6, 8}))
        self.search = SearchField("Search runs")
        self.search.setMaximumWidth(240)
        self.search.textChanged.connect(lambda _text: self._show())
        self.table = RowTable("Runs", self._model, WIDTHS)
        self._model.setParent(self.table)
        self.table.opened.connect(self._on_opened)
        self.table.selectionModel().currentChanged.connect(lambda *_: self._show_acts())
        self.resume_button = Button("Resume", "play", tool=True)
        self.folder_button = Button("Open folder", "folder", tool=True)
        self.delete_button = Button("Delete", "delete", tool=True)
        self.open_button = Button("Open", "train", tool=True)
        for button, act in (
            (self.open_button, self._open),
            (self.resume_button, self._resume),
            (self.folder_button, self._open_folder),
            (self.delete_button, self._delete),
        ):
            button.clicked.connect(lambda _=False, act=act: self._do(act))
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._full())
        self.body.addWidget(self._stack, 1)
        studio.runs.listed.connect(self._on_listed)
        studio.runs.state_changed.connect(self._on_state_changed)
        self._on_listed()

    def _empty(self) -> QWidget:
        go = Button("Choose a model and a method", kind="primary")
        go.clicked.connect(lambda: self._studio.page_requested.emit("Model"))
        words = "A run is what came of one training: its settings, curves and the adapter."
        card = Card()
        card.body.addWidget(EmptyState("No runs yet", words, go))
        return card

    def _full(self) -> QWidget:
        made = QWidget()
        acts = (self.open_button, self.resume_button, self.folder_button, self.delete_button)
        tools = fill(QHBoxLayout(), gap=8)
        tools.addWidget(self.search, 1)
        tools.addStretch(1)
        for button in acts:
            tools.addWidget(button)
        card = Card()
        card.body.addWidget(self.table)
        column = fill(QVBoxLayout(made), tools, gap=10)
        column.addWidget(card, 1)
        return made

    def shown(self) -> None:
        """Read the list again: a run may have been started from a terminal."""
        self._studio.runs.refresh()
        self.table.setFocus()

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        for column in HIDDEN_WHEN_NARROW:
            self.table.setColumnHidden(column, small)
        self.table.set_widths(NARROW if small else WIDTHS)

    def chosen(self) -> RunSummary | None:
        """Return the run of the chosen row."""
        at = self.table.currentIndex().row()
        return self._runs[at] if 0 <= at < len(self._runs) else None

    # what is shown

    def _on_listed(self) -> None:
        runs = self._studio.runs.all()
        self._stack.setCurrentIndex(1 if runs else 0)
        going = sum(run.alive for run in runs)
        resumable = sum(run.resumable for run in runs)
        words = [f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}"]
        words += [f"{going} training"] if going else []
        words += [f"{resumable} can be resumed"] if resumable else []
        self.set_state(" · ".join(words) if runs else "No runs yet")
        self._show()

    def _on_state_changed(self, _state: RunState) -> None:
        if self.isVisible():
            self._show()

    def _show(self) -> None:
        chosen, typed = self.chosen(), self.search.text().lower()
        known = chosen.run if chosen is not None else ""
        self._runs = [r for r in self._studio.runs.all() if typed in _searched(r)]
        reading = self._studio.machine.reading
        total = reading.memory().total_bytes if reading is not None else 0
        widest = max(total, *(_peak(self._state_of(run)) for run in self._runs), 0)
        self._model.set_rows([self._row(run, widest) for run in self._runs])
        at = next((i for i, run in enumerate(self._runs) if run.run == known), 0)
        if self._runs and self.table.currentIndex().row() != at:
            self.table.selectRow(at)
        self._show_acts()

    def _state_of(self, run: RunSummary) -> RunState:
        """Return the state of a run: the live one where it is followed here."""
        live = self._studio.runs.live
        return live.state if live is not None and live.run == run.run else run.state

    def _row(self, run: RunSummary, widest: int) -> tuple[Cell, ...]:
        state = self._state_of(run)
        icon, words, tone = _badge(run, state)
        return (
            Cell(run.title or run.run, bold=run.alive, tip=run.run),
            Cell(words, icon=icon, badge=tone, tip=run.problem or state.summary),
            Cell(Path(run.model).name or NO_VALUE),
            Cell(_dataset(run), tip=run.mix),
            Cell(run.method or NO_VALUE),
            Cell(_held_out(run, state)),
            Cell(rate(state.tokens_per_second), right=True),
            _peak_cell(state, widest),
            Cell(duration(state.seconds) if state.seconds else NO_VALUE, right=True),
        )

    def _show_acts(self) -> None:
        run = self.chosen()
        self.open_button.setEnabled(run is not None and not run.problem)
        self.folder_button.setEnabled(run is not None)
        self.delete_button.setEnabled(run is not None and not run.alive)
        busy = self._studio.runs.live is not None
        self.resume_button.setEnabled(run is not None and run.resumable and not busy)

    # what the user does

    def _do(self, act: object) -> None:
        assert callable(act)
        try:
            act()
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    def _on_opened(self, _row: int) -> None:
        self._do(self._open)

    def _open(self) -> None:
        run = self.chosen()
        if run is not None and not run.problem:
            self._studio.runs.open(run.run)
            self._studio.page_requested.emit("Train")

    def _resume(self) -> None:
        run = self.chosen()
        if run is not None:
            self._studio.runs.resume(run.run)
            self._studio.page_requested.emit("Train")

    def _open_folder(self) -> None:
        run = self.chosen()
        if run is not None:
            open_folder(run.folder.path)

    def _delete(self) -> None:
        run = self.chosen()
        if run is None or not self._may_delete(run):
            return
        current = self._studio.runs.current
        if current is not None and current.run == run.run:
            self._studio.runs.close_current()
        moved = QFile.moveToTrash(str(run.folder.path))
        if not moved:
            raise RunError(
                f"{run.title or run.run} could not be moved to the trash.",
                "Delete its folder by hand; Open folder shows it.",
            )
        self._studio.runs.refresh()
        self._studio.said.emit(f"{run.title or run.run} is in the trash", None)

    def _may_delete(self, run: RunSummary) -> bool:
        facts = "Its folder goes to the system's trash with adapter, checkpoints and curves."
        return ask(self, f"Delete {run.title or run.run}?", facts, "Delete the run", "danger")


def _badge(run: RunSummary, state: RunState) -> tuple[str, str, str]:
    """Return icon, words and tone of the state, with what can be done about it."""
    if run.problem:
        return "error", "Unreadable", "danger"
    icon, words, tone = BADGES[state.state]
    if run.alive and state.state is State.TRAINING and state.total_steps:
        return icon, f"{words} {percent(state.step / state.total_steps)}", tone
    if run.resumable and state.state is State.PAUSED:
        return "play", "Can resume", "frozen"
    if state.state is State.DONE and state.plan:
        return icon, "Done, replanned", "warning"
    return icon, words, "plain" if state.state is State.DONE else tone


def _dataset(run: RunSummary) -> str:
    """Return the dataset of a run, and that it is mixed with others."""
    name = Path(run.dataset).name or NO_VALUE
    return f"{name}, mixed" if run.mix else name


def _searched(run: RunSummary) -> str:
    return " ".join((run.run, run.title, run.model, run.dataset, run.mix, run.method)).lower()


def _peak(state: RunState) -> int:
    return max(state.measured_peak_bytes or state.memory_bytes, state.predicted_peak_bytes)


def _peak_cell(state: RunState, widest: int) -> Cell:
    measured = state.measured_peak_bytes or state.memory_bytes
    if not measured or not widest:
        return Cell(NO_VALUE, tone="muted")
    predicted = state.predicted_peak_bytes
    tip = f"measured {measured / GIB:.2f} GiB"
    tip += f", predicted {predicted / GIB:.2f} GiB" if predicted else ""
    return Cell(f"{measured / GIB:.1f}", peak=(measured / widest, predicted / widest), tip=tip)


def _held_out(run: RunSummary, state: RunState) -> str:
    """Return the held-out loss before and at its best: "2.01 → 1.32"."""
    best = state.best_target_loss
    if best is None:
        return NO_VALUE
    before = run.base_target_loss
    return f"{before:.2f} → {best:.2f}" if before is not None else f"{best:.2f}"

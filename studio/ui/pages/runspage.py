"""The runs of the workspace: what each was, how they compare, and which wait for their turn."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.runstate import RunState
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary
from studio.data.runtimes import expected_seconds, frozen_train_rows
from studio.ui.look import tokens
from studio.ui.models.runsmodel import RunsModel, RunsProxy
from studio.ui.runs.aboutcard import AboutCard
from studio.ui.runs.cells import RunRow, peak_of
from studio.ui.runs.deeds import RunDeeds
from studio.ui.runs.differcard import DifferCard
from studio.ui.runs.lineage import lineage_parts, lineage_words
from studio.ui.runs.overlaycard import OverlayCard
from studio.ui.runs.queuecard import QueueCard, QueueStrip
from studio.ui.runs.runmenu import RunActions
from studio.ui.runs.runstable import RunsTable
from studio.ui.runs.series import series_at
from studio.ui.runs.toolbar import RunsToolbar
from studio.ui.widgets.card import Card
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.frame import Page
from studio.ui.widgets.graftline import Kind, LineagePart
from studio.ui.widgets.parts import Button, fill

SETTLE_MS = 500
"""Events of a live run come up to 20 times a second; the table follows this often."""
RIGHT = 470
BOTTOM = 366
BOTTOM_SMALL = 250
_NOBODY = "None has all of these words, and a state, model and dataset that are chosen."
ABOUT, DIFFER, QUEUE = range(3)


class RunsPage(Page):
    """A table of runs; below it curves of the chosen ones, and what they are or do not share.

    Attributes:
        table: the runs; Enter opens one on the Train page.
        acts: what can be done with the chosen runs, by name.
        deeds: carries it out.
    """

    def __init__(self, studio: Studio) -> None:
        super().__init__("Runs", "No runs yet")
        self._studio = studio
        self._rows: dict[str, RunRow] = {}
        self._times: dict[str, float | None] = {}
        self._is_moving_rows = False
        self._model = RunsModel()
        self._proxy = RunsProxy(self._model)
        self.table = RunsTable(self._model, self._proxy)
        self.deeds = RunDeeds(studio, self.table)
        self.acts = RunActions(self, self.deeds.do)
        self._make_parts()
        self.table.set_columns(studio.settings.values.columns)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty())
        self._stack.addWidget(self._full())
        self.body.addWidget(self._stack, 1)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._show)
        self._connect()
        self._on_listed()

    def _make_parts(self) -> None:
        self.tools = RunsToolbar()
        self.strip = QueueStrip()
        self.overlay = OverlayCard(self._studio.run_curves)
        self.about, self.differ, self.queue = AboutCard(), DifferCard(), QueueCard()
        self._right = QStackedWidget()
        for card in (self.about, self.differ, self.queue):
            self._right.addWidget(card)

    def _connect(self) -> None:
        studio, desk, deeds, tools = self._studio, self._studio.queue, self.deeds, self.tools
        tools.search.textChanged.connect(self._on_searched)
        tools.filters.changed.connect(self._on_filtered)
        tools.asked.connect(deeds.do)
        tools.more_wanted.connect(self._open_menu)
        tools.queue.toggled.connect(lambda _on: self._on_chosen())
        tools.below.chosen.connect(lambda _at: self._lay_out())
        self.table.opened.connect(lambda _row: deeds.do("open"))
        self.table.trash_wanted.connect(lambda: deeds.do("trash"))
        self.table.menu_wanted.connect(self._open_menu)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._on_selected())
        self.table.columns_chosen.connect(lambda columns: studio.settings.set("columns", columns))
        self.overlay.said.connect(deeds.say)
        self.overlay.problem_met.connect(studio.problem_met)
        self.graft.part_chosen.connect(self._on_part_chosen)
        self.strip.start_wanted.connect(lambda: deeds.attempt(desk.start))
        self.strip.stop_wanted.connect(lambda: deeds.attempt(desk.stop))
        self.strip.skip_wanted.connect(lambda: deeds.attempt(desk.skip))
        self.queue.moved.connect(lambda run, to: deeds.attempt(lambda: desk.move(run, to)))
        self.queue.removed.connect(lambda run: deeds.attempt(lambda: deeds.take_out(run)))
        self.queue.cleared.connect(lambda: deeds.attempt(desk.clear))
        self.about.said.connect(self._on_said)
        self.about.mine_wanted.connect(lambda _run: deeds.do("mine"))
        self.differ.rows_wanted.connect(deeds.show_rows)
        studio.run_acts.rows_compared.connect(self.differ.show_rows)
        studio.runs.listed.connect(self._on_listed)
        studio.runs.state_changed.connect(self._on_state_changed)
        desk.changed.connect(self._on_listed)

    def _empty(self) -> QWidget:
        go = Button("Choose a model and a method", kind="primary")
        go.clicked.connect(lambda: self._studio.page_requested.emit("Model"))
        words = "A run is what came of one training: its settings, curves and the adapter."
        card = Card()
        queue = Button("Queue several")
        queue.clicked.connect(lambda: self.deeds.do("draft"))
        card.body.addWidget(EmptyState("No runs yet", words, go, queue))
        return card

    def _full(self) -> QWidget:
        self._found = QStackedWidget()
        self._found.addWidget(self.table)
        every = Button("Show all runs")
        every.clicked.connect(self._show_all)
        self._found.addWidget(EmptyState("No run is like this", _NOBODY, every))
        card = Card()
        card.body.addWidget(self._found)
        self._bottom = QWidget()
        row = fill(QHBoxLayout(self._bottom), gap=tokens.GAP_COLUMN)
        row.addWidget(self.overlay, 1)
        row.addWidget(self._right)
        made = QWidget()
        column = fill(QVBoxLayout(made), self.tools, self.strip, gap=10)
        column.addWidget(card, 1)
        column.addWidget(self._bottom)
        self._lay_out()
        return made

    def _lay_out(self) -> None:
        """Put curves and the right card beside each other, or one at a time in a small window."""
        curves = self.tools.below.current() == 1
        self.tools.set_small(self.small)
        self.overlay.setVisible(not self.small or curves)
        self._right.setVisible(not self.small or not curves)
        self._bottom.setFixedHeight(BOTTOM_SMALL if self.small else BOTTOM)
        most = tokens.COMPACT_BELOW if self.small else RIGHT
        self._right.setMaximumWidth(most)
        self._right.setMinimumWidth(0 if self.small else RIGHT)

    def shown(self) -> None:
        """Read the list again: a run may have been started from a terminal."""
        self._studio.runs.refresh()
        self.table.setFocus()

    def hidden(self) -> None:
        self.about.keep()

    def set_small(self, small: bool) -> None:
        super().set_small(small)
        self.table.set_small(small)
        self._lay_out()

    # what is shown

    def _on_listed(self) -> None:
        runs = self._studio.runs.all()
        self._stack.setCurrentIndex(1 if runs else 0)
        going = sum(run.alive for run in runs)
        waiting = len(self._studio.queue.queue.waiting)
        resumable = sum(run.resumable and bool(run.state.step) for run in runs)
        words = f"{len(runs)} {'run' if len(runs) == 1 else 'runs'}" if runs else "No runs yet"
        facts = ((going, "training"), (waiting, "waiting"), (resumable, "can be resumed"))
        self.set_state(" · ".join([words, *(f"{many} {what}" for many, what in facts if many)]))
        self.tools.show_waiting(waiting)
        self._reckon_times(runs)
        self._show()

    def _reckon_times(self, runs: list[RunSummary]) -> None:
        """Say how long each waiting run would take."""
        by_id = {run.run: run for run in runs}
        waiting = (by_id[run] for run in self._studio.queue.queue.waiting if run in by_id)
        self._times = {run.run: _seconds(run, runs) for run in waiting}

    def _on_state_changed(self, _state: RunState) -> None:
        if self.isVisible() and not self._settle.isActive():
            self._settle.start()

    def _show(self) -> None:
        waiting = self._studio.queue.queue.waiting
        places = {run: at for at, run in enumerate(waiting, 1)}
        self._rows = {
            run.run: RunRow(run, self._state_of(run), places.get(run.run, 0))
            for run in self._studio.runs.all()
        }
        reading = self._studio.machine.reading
        total = reading.memory().total_bytes if reading is not None else 0
        widest = max(total, *(peak_of(row.state) for row in self._rows.values()), 0)
        self._move_rows(lambda: self._model.set_rows(list(self._rows.values()), widest))
        self.tools.filters.show_runs(self._rows.values())
        self.table.show_columns()
        self.strip.show_queue(self._studio.queue, self._rows, self._times)
        self.queue.show_queue(self._studio.queue, self._rows, self._times)
        self._on_chosen()

    def _state_of(self, run: RunSummary) -> RunState:
        """Return the state of a run: the live one where it is followed here."""
        live = self._studio.runs.live
        return live.state if live is not None and live.run == run.run else run.state

    def _on_searched(self, typed: str) -> None:
        self._move_rows(lambda: self._proxy.search(typed))
        self._on_chosen()

    def _on_filtered(self) -> None:
        self._move_rows(lambda: self._proxy.want(self.tools.filters.wanted))
        self._on_chosen()

    def _show_all(self) -> None:
        self.tools.filters.clear()
        self.tools.search.clear()

    def _move_rows(self, move: Callable[[], None]) -> None:
        """Let rows come and go; what depends on the choice waits until they have."""
        self._is_moving_rows = True
        move()
        self._found.setCurrentIndex(0 if self._proxy.rowCount() else 1)
        if self._proxy.rowCount() and not self.table.selectionModel().hasSelection():
            self.table.selectRow(0)
        self._is_moving_rows = False

    def _on_selected(self) -> None:
        if not self._is_moving_rows:
            self._on_chosen()

    def _on_chosen(self) -> None:
        """Show what belongs to the chosen runs: marks, curves, the card at the right, acts."""
        rows = self.table.chosen()
        runs = [row.summary for row in rows if not row.summary.problem]
        many = len(runs) > 1
        marks = {run.run: series_at(at) for at, run in enumerate(runs)}
        self._model.set_series(marks)
        self.overlay.show_runs(runs)
        one = rows[0] if rows else None
        known = {run: row.summary for run, row in self._rows.items()}
        place = self._studio.workspace
        lineage = lineage_words(one.summary, known, place) if one is not None else ()
        self.about.show_run(one if not many else None, lineage)
        if many:
            self._compare(rows)
        shown = QUEUE if self.tools.queue.isChecked() else DIFFER if many else ABOUT
        self._right.setCurrentIndex(shown)
        self.tools.below.set_words(0, ("About", "Differs", "Queue")[shown])
        self.acts.offer(self.deeds.chosen())
        self.tools.offer(self.acts)
        self.set_lineage(())

    def set_lineage(self, parts: Sequence[LineagePart]) -> None:
        """Show where the first chosen run comes from; without one, what the window shows."""
        rows = self.table.chosen()
        super().set_lineage(lineage_parts(rows[0].summary) if rows else parts)

    def _on_part_chosen(self, kind: Kind) -> None:
        run = self.deeds.chosen().runs[:1]
        if kind is Kind.RUN and run:
            self._studio.runs.open(run[0].run)

    def _compare(self, rows: list[RunRow]) -> None:
        before = self.differ.runs
        self.differ.show_runs(rows)
        if self.differ.runs != before and len(self.differ.runs) == 2:
            first, second = (self._rows[run].summary for run in self.differ.runs)
            self._studio.run_acts.compare_rows(first, second)

    # what the user does

    def _on_said(self, run: RunSummary, words: dict[str, object]) -> None:
        def write() -> None:
            back = self._studio.run_acts.say(run, **words)
            self.deeds.say(f"The {' and '.join(words)} of {run.run} changed", back)

        self.deeds.attempt(write)

    def _open_menu(self, spot: QPoint) -> None:
        menu = self.acts.menu(self)
        menu.addSeparator()
        menu.addMenu(self.table.column_menu(menu))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(spot)


def _seconds(run: RunSummary, runs: list[RunSummary]) -> float | None:
    try:
        recipe = read_recipe(run.folder.recipe)
    except StudioError:  # the run says so itself
        return None
    return expected_seconds(recipe, frozen_train_rows(run.folder), runs)

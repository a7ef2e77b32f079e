"""The Train page of one run: where it is, what it learns, what it costs, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.runstate import State
from studio.ui.look import tokens
from studio.ui.look.fonts import Role
from studio.ui.train.detailscard import FACTS, TABS, DetailsCard
from studio.ui.train.guardstrip import GuardStrip
from studio.ui.train.liveacts import LiveActs
from studio.ui.train.livemenu import LiveMenu
from studio.ui.train.memorycard import MemoryCard
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.problemstrip import ProblemStrip
from studio.ui.train.runcard import RunCard
from studio.ui.train.runsheet import PANELS, PANELS_SMALL, RunSheet
from studio.ui.train.runstrips import RunStrips
from studio.ui.train.summarycard import SummaryCard
from studio.ui.train.words import BADGES, problem_of
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import fill, label, scroller
from studio.ui.widgets.segmented import Segmented

if TYPE_CHECKING:
    from studio.ui.train.plotcards import PlotCards

RIGHT = 404
OVERDUE = "The training process does not react to the wish to stop."
ENDING = "Ending it at once loses the steps since the last checkpoint."
LEAST = QSize(640, 480)
"""Px within which the page still holds."""
PART_MS = 25
"""Between two parts of a redraw; the page has four, so it is drawn 10 times a second at most."""
TICK_MS = 1_000
"""Between two counts of seconds while something is waited for."""


class RunView(QWidget):
    """Shows one RunStore; redraws at most 10 times a second, and only while it is seen.

    A redraw is spread over four turns of the event loop, so that none of them takes long.

    Signals:
        ended(str): the run's engine is gone; carries the new state's word.
    """

    ended = Signal(str)

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self._store: RunStore | None = None
        self._awake = self._small = self._stale = False
        self._part = 0
        self._spoken: State | None = None
        self.sync = PlotSync(self)
        self.run_card = RunCard()
        self.problem = ProblemStrip()
        self.overdue = Note(OVERDUE, ENDING, tone="warning")
        self.acts = LiveActs(studio, self)
        self.strips, self.summary = RunStrips(self.acts), SummaryCard()
        self.guard_strip = GuardStrip(studio, self.acts)
        self.live_menu = LiveMenu(self.acts, self)
        self.run_card.more_button.setMenu(self.live_menu)
        self.memory, self.details = MemoryCard(), DetailsCard(self.sync, studio.forensics)
        self.plots: PlotCards | None = None
        self._warming: Iterator[None] | None = None
        self._build()
        self._redraw_timer = self._timer(PART_MS, self._redraw_part)
        self._tick_timer = self._timer(TICK_MS, self._on_tick)
        self.set_small(False)

    def _build(self) -> None:
        self._tabs = Segmented("Panels", "Plots", *TABS, ground="bg")
        self._tabs.chosen.connect(lambda _index: self._place())
        self._peak_words = label("", Role.SMALL, tone="muted")
        self._tab_row = QWidget()
        fill(QHBoxLayout(self._tab_row), self._tabs, None, self._peak_words, gap=8)
        self._left = QVBoxLayout()
        self._right = QVBoxLayout()
        fill(self._left, gap=tokens.GAP_CARD)
        fill(self._right, self.memory, gap=tokens.GAP_CARD)
        self._right_column = QWidget()
        self._right_column.setLayout(self._right)
        self._right_column.setFixedWidth(RIGHT)
        columns = fill(QHBoxLayout(), gap=tokens.GAP_COLUMN)
        columns.addLayout(self._left, 1)
        columns.addWidget(self._right_column)
        panels = QWidget()
        panels.setLayout(columns)
        told = (self.problem, self.strips, self.overdue, self.guard_strip, self.summary)
        self._sheet = RunSheet((self.run_card, *told, self._tab_row), panels)
        fill(QVBoxLayout(self), scroller(self._sheet))
        self.run_card.run_line.bud_chosen.connect(self.sync.pick)

    def _timer(self, interval: int, on_timeout: object) -> QTimer:
        made = QTimer(self)
        made.setInterval(interval)
        made.timeout.connect(on_timeout)
        return made

    def warm(self) -> None:
        """Load the plots, which takes part of a second; once more does nothing."""
        while self.warm_piece():
            pass

    def warm_piece(self) -> bool:
        """Load a piece of the plots; return whether there is another."""
        if self.plots is None:
            self._warming = self._warming or self._warm()
            return next(self._warming, self) is None
        return False

    def _warm(self) -> Iterator[None]:
        from studio.ui.train.plotcards import PlotCards  # pyqtgraph is slow to load

        yield
        plots = PlotCards(self._studio, self.sync)
        yield from plots.pieces()
        yield
        self.plots = plots
        for menu in plots.menus:
            menu.table_asked.connect(self.show_table)
        self._place()

    def show_table(self) -> None:
        """Show the evaluations as a table, among the facts."""
        self._tabs.set_current(1 + FACTS)
        self.details.show_tab(FACTS)
        self._place()

    def minimumSizeHint(self) -> QSize:
        return LEAST  # the layout's own counts wrapped words at their narrowest

    def hasHeightForWidth(self) -> bool:
        return False

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self._small = small
        self.run_card.set_small(small)
        self.summary.set_small(small)
        self._sheet.least = PANELS_SMALL if small else PANELS
        self._place()
        self._spare_height()

    def set_awake(self, awake: bool) -> None:
        """Draw while somebody looks, and do not otherwise."""
        self._awake = awake
        self.details.set_awake(awake)
        if awake:
            self.warm()
            self.redraw()
            self._tick_timer.start()
        else:
            self._tick_timer.stop()
            self._redraw_timer.stop()

    def show_run(self, store: RunStore | None) -> None:
        """Show another run."""
        before, self._store = self._store, store
        if before is not None and before is not store:
            before.state_changed.disconnect(self._on_state_changed)
            before.loaded.disconnect(self._on_state_changed)
        if store is not None and before is not store:
            store.state_changed.connect(self._on_state_changed)
            store.loaded.connect(self._on_state_changed)
        self._spoken = None
        self.redraw()

    def redraw(self) -> None:
        """Draw the whole run as it stands, now, if anybody looks."""
        self._redraw_timer.stop()
        self._stale, self._part = False, 0
        if self._store is None or not self._awake:
            return
        for draw in self._parts():
            draw(self._store)

    def _on_state_changed(self, _state: object = None) -> None:
        self._stale = True
        if self._awake and not self._redraw_timer.isActive():
            self._redraw_timer.start()

    def _redraw_part(self) -> None:
        """Draw the next part; the first of them takes up what has changed."""
        if self._part == 0:
            if not self._stale:
                self._redraw_timer.stop()
                return
            self._stale = False
        parts = self._parts()
        if self._store is not None:
            parts[self._part](self._store)
        self._part = (self._part + 1) % len(parts)

    def _parts(self) -> tuple[Callable[[RunStore], None], ...]:
        if self.plots is None:
            return (self._redraw_words,)
        plots = self.plots
        return (self._redraw_words, plots.show_curves, plots.show_second, plots.show_readings)

    def _redraw_words(self, store: RunStore) -> None:
        self._redraw_head(store)
        self.memory.show_run(store, self._memory_total())
        if self._peak_words.text() != self.memory.spoken:
            self._peak_words.setText(self.memory.spoken)
        self.details.show_run(store)

    def _on_tick(self) -> None:
        if self._store is not None and self._store.alive:
            self._redraw_head(self._store)

    def _redraw_head(self, store: RunStore) -> None:
        self.run_card.show_run(store, time.monotonic() - self._studio.runs.started_at)
        self._say_end(store)
        self._say_state(store)

    def _say_end(self, store: RunStore) -> None:
        problem = problem_of(store) if store.is_loaded else None
        self.problem.say(problem)
        self.strips.show_run(store)
        self.guard_strip.show_run(store)
        self.live_menu.show_run(store)
        self.summary.show_run(store)
        self.overdue.setVisible(store.alive and store.stop_overdue)
        self._spare_height()

    def _spare_height(self) -> None:
        """Leave out what the plots need the height of, in a small window."""
        if self.plots is not None:
            self.plots.set_tight(self._small and not self.summary.isHidden())

    def _say_state(self, store: RunStore) -> None:
        """Tell screen readers when the run does something else."""
        if store.state.state is self._spoken:
            return
        before, self._spoken = self._spoken, store.state.state
        self.run_card.setAccessibleDescription(BADGES[store.state.state][1])
        if before is not None:
            alert = QAccessibleEvent(self.run_card, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(alert)
            if store.state.final:
                self.ended.emit(store.state.state)

    def _memory_total(self) -> int:
        reading, store = self._studio.machine.reading, self._store
        if reading is None or store is None:
            return 0
        on_cpu = store.state.device.startswith("cpu")
        return reading.memory("cpu" if on_cpu else "auto").total_bytes

    def _place(self) -> None:
        """Put the panels where the width of the window wants them."""
        tab = self._tabs.current() if self._small else 0
        self._tab_row.setVisible(self._small)
        self._right_column.setVisible(not self._small)
        (self._left if self._small else self._right).addWidget(self.details, 1)
        self.details.set_headless(self._small)
        self.details.setVisible(not self._small or tab > 0)
        if self._small and tab > 0:
            self.details.show_tab(tab - 1)
        if self.plots is not None:
            self._left.insertWidget(0, self.plots, 1)
            self.plots.setVisible(not self._small or tab == 0)
            self.plots.set_small(self._small)

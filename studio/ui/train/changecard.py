"""What the run gained and forgot, over its steps or as a trade-off, in its card."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout

from studio.app.changefile import ChangeTable
from studio.app.guardreading import GuardReading, guard_reading
from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.units import signed
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.changeplot import ChangePlot
from studio.ui.train.curvedata import RunCurves
from studio.ui.train.plotmenu import PlotMenu
from studio.ui.train.pointpopover import PointPopover
from studio.ui.train.tradeoffplot import TradeoffPlot
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, Elided, fill, plain_tip, prose
from studio.ui.widgets.plotstyle import Legend
from studio.ui.widgets.segmented import Segmented

UNIT = "nats a token"
ALL = "Subjects"
NONE = "All questions alone"
DRIFT = "Drift from the base"
MEANING = (
    "How much surer (above the base) or less sure (below it) the model is of the right words, in nats "
    "a token: 0.7 less is half as sure. Where an answer ends is not counted, since how long answers "
    "are is what your rows teach."
)


class ChangeCard(Card):
    """Two plots of the same points; without legend in small windows.

    Signals:
        chat_asked(int): talk to the run as it was at a step.
        keep_asked(int): make this checkpoint the result.
        back_asked(int): go back to it, or on from it where the run has ended.
    """

    chat_asked = Signal(int)
    keep_asked = Signal(int)
    back_asked = Signal(int)

    def __init__(self, studio: Studio, plot: ChangePlot, tradeoff: TradeoffPlot) -> None:
        self.view = Segmented("Gained and forgotten as", "Change", "Trade-off", height=24)
        self.subjects = Button(ALL, "filter", "quiet", compact=True, drop=True)
        self.more_button = Button("More for this plot", "more", "icon")
        unit = Elided(UNIT, Role.CAPTION)
        super().__init__(
            "Gained and forgotten", "", unit, self.subjects, self.view, self.more_button
        )
        self.plot, self.tradeoff = plot, tradeoff
        self.menus = tuple(
            PlotMenu(studio, plot, self, lambda: ChangeTable(self.guard))
            for plot in (self.plot, self.tradeoff)
        )
        self.more_button.setMenu(self.menus[0])
        self.popover = PointPopover(self)
        self._store: RunStore | None = None
        self.guard, self.tag = GuardReading(), ""
        self._small = False
        self._silence = prose("", Role.SMALL)
        self._menu = QMenu(self.subjects)
        self._menu.setFont(fonts.font())
        self._menu.aboutToShow.connect(self.fill_subjects)
        self.subjects.setMenu(self._menu)
        self._build(unit)
        self._connect()

    def _build(self, unit: Elided) -> None:
        legend = Legend(("leaf", "your task"), ("clay", "general questions"), ("slate", "base"))
        self._signs = Legend(("leaf", "within the tolerance"), ("clay", "past it"))
        row = self.header.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(1, self._signs)
        row.insertWidget(1, legend)
        row.insertSpacing(1, 6)
        row.setStretchFactor(unit, 50)
        self._unit, self._legend = unit, legend
        for part in (self.title, legend):
            part.setToolTip(plain_tip(MEANING))
        self._plots = QStackedWidget()
        self._plots.addWidget(self.plot)
        self._plots.addWidget(self.tradeoff)
        words = fill(QHBoxLayout(), self._silence, edge=(12, 2, 12, 4))
        column = fill(QVBoxLayout(), edge=(2, 6, 2, 6))
        column.addWidget(self._plots, 1)
        column.addLayout(words)
        self.body.addLayout(column)

    def _connect(self) -> None:
        self.view.chosen.connect(self._on_view_chosen)
        self.tradeoff.opened.connect(self.open_point)
        for mine, theirs in (
            (self.chat_asked, self.popover.chat_asked),
            (self.keep_asked, self.popover.keep_asked),
            (self.back_asked, self.popover.back_asked),
        ):
            theirs.connect(mine)

    def hasHeightForWidth(self) -> bool:
        return False  # it shares the height with the loss, whatever its words take of it

    def set_small(self, small: bool) -> None:
        """Drop the legend, or show it."""
        self._small = small
        self._offer()

    def show_run(self, store: RunStore, curves: RunCurves) -> None:
        """Show what a run gained and forgot as it stands."""
        if store is not self._store:
            self._store, self.tag = store, ""
        self.guard = guard_reading(store)
        self._silence.setText(self.guard.silence)
        self._silence.setVisible(bool(self.guard.silence))
        self._offer()
        if self._plots.currentWidget() is self.tradeoff:
            self.tradeoff.show_guard(self.guard)
        self.plot.show_guard(self.guard, self.tag)
        self.plot.show_curves(curves)
        self._say_unit()

    def _say_unit(self) -> None:
        """Say in what is measured, and how much larger the forgotten side is drawn."""
        unit = f"nats, below × {self.plot.times:g}" if self._is_folded else UNIT
        if self._unit.text() != unit:
            self._unit.setText(unit)
            larger = f"What lies below the base is drawn {self.plot.times:g} times as large. "
            self._unit.setToolTip(plain_tip((larger if self._is_folded else "") + MEANING))

    @property
    def _is_folded(self) -> bool:
        """Whether what lies below the base is drawn larger."""
        return self.plot.times > 1 and self._plots.currentWidget() is self.plot

    def _offer(self) -> None:
        """Show what there is to choose between."""
        measured = len(self.guard.points) > 1
        self.view.setVisible(measured)
        over_steps = self._plots.currentWidget() is self.plot
        self._unit.setVisible(not self._small)
        self._legend.setVisible(not self._small and over_steps)
        self._signs.setVisible(not self._small and not over_steps)
        self.subjects.setVisible(measured and over_steps)
        self.subjects.setText(self.tag or ALL)

    def show_tradeoff(self, shown: bool) -> None:
        """Show the trade-off, or the change over the steps."""
        self.view.set_current(int(shown))
        self._on_view_chosen(int(shown))

    def _on_view_chosen(self, index: int) -> None:
        self._plots.setCurrentIndex(index)
        self._say_unit()
        self.more_button.setMenu(self.menus[index])
        self._offer()
        if index == 1:
            self.tradeoff.show_guard(self.guard)

    # subjects

    def fill_subjects(self) -> None:
        """List the subjects, what is forgotten most first; called when the menu opens."""
        self._menu.clear()
        group, last = QActionGroup(self._menu), self.guard.last
        for tag in ("", *self.guard.tags):
            words = NONE
            if tag and last is not None:
                lost = self.guard.lost(tag, last.step) or 0.0
                words = f"{tag}   {signed(-lost)} on {self.guard.items(tag):,} questions"
            act = self._menu.addAction(words.replace("&", "&&"))
            act.triggered.connect(partial(self.choose_subject, tag))
            act.setCheckable(True)
            act.setChecked(tag == self.tag)
            group.addAction(act)
        self._menu.addSeparator()
        drift = self._menu.addAction(DRIFT)
        drift.setCheckable(True)
        drift.setChecked(self.plot.shows_drift)
        drift.toggled.connect(self.plot.show_drift)

    def choose_subject(self, tag: str) -> None:
        """Show one subject beside all questions; empty shows none."""
        self.tag = tag
        self._offer()
        self.plot.show_guard(self.guard, tag)
        self.plot.show_curves(self.plot.curves)

    # points

    def open_point(self, step: int) -> None:
        """Say what a point of the trade-off stands for, and offer what can be done with it."""
        point, store = self.tradeoff.point_of(step), self._store
        if point is None or store is None:
            return
        result = store.taken_step or store.state.step
        ended = not store.alive and bool(store.state.adapter)
        self.popover.show_point(
            self.guard,
            point,
            can_keep=ended,
            is_result=ended and result == step,
            spot=self.tradeoff.mapToGlobal(self.tradeoff.place_of(step)),
        )

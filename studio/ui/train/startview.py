"""The Train page before a run: what stands against a start, what it would be, and earlier runs."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.checklist import Checklist
from studio.app.findings import Action
from studio.app.studio import Studio
from studio.core.units import NO_VALUE
from studio.data.runfiles import RunSummary
from studio.ui.look import tokens
from studio.ui.train.plancard import PlanCard
from studio.ui.train.preflightcard import PreflightCard
from studio.ui.train.words import BADGES
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Entry
from studio.ui.widgets.lists import EntryList
from studio.ui.widgets.parts import fill

RIGHT = 404
RIGHT_SMALL = 340
EARLIER = 12
LEAST = QSize(640, 480)
"""Px within which the page still holds."""


class StartView(QWidget):
    """Preflight, plan and earlier runs.

    Signals:
        start_asked(): begin with the draft's recipe.
        acted(object): the Action of a finding the user chose.
        run_chosen(str): show this earlier run.
    """

    start_asked = Signal()
    acted = Signal(object)
    run_chosen = Signal(str)

    def __init__(self, studio: Studio, checklist: Checklist) -> None:
        super().__init__()
        self._studio, self._checklist = studio, checklist
        self._earlier: list[RunSummary] = []
        self.preflight = PreflightCard()
        self.plan = PlanCard()
        self._runs = EntryList("Earlier runs")
        self._runs_card = Card("Earlier runs")
        self._runs_card.body.addWidget(self._runs)
        self._right = QWidget()
        column = fill(QVBoxLayout(self._right), self.plan, gap=tokens.GAP_CARD)
        column.addWidget(self._runs_card, 1)
        self._spare = QWidget()
        column.addWidget(self._spare, 1)
        row = QHBoxLayout(self)
        fill(row, gap=tokens.GAP_COLUMN)
        row.addWidget(self.preflight, 1)
        row.addWidget(self._right)
        self.preflight.acted.connect(self.acted)
        self.plan.start_asked.connect(self.start_asked)
        self._runs.chosen.connect(lambda index: self.run_chosen.emit(self._earlier[index].run))
        self.set_small(False)

    def minimumSizeHint(self) -> QSize:
        return LEAST  # the layout's own counts wrapped words at their narrowest

    def hasHeightForWidth(self) -> bool:
        return False

    def set_small(self, small: bool) -> None:
        """Take the form for narrow windows, or leave it."""
        self._right.setFixedWidth(RIGHT_SMALL if small else RIGHT)

    def refresh(self) -> None:
        """Show what the checklist says now."""
        studio = self._studio
        document, model, reading = studio.datasets.current, studio.models.current, None
        if studio.machine.reading is not None:
            reading = studio.machine.reading.memory(
                studio.draft.recipe.device, studio.draft.recipe.card, studio.draft.recipe.gpus
            )
        self.preflight.show_findings(self._checklist.findings)
        self.plan.show_plan(
            self._checklist,
            studio.draft.recipe,
            document.name if document is not None else "",
            model.name if model is not None else "",
            reading,
            self._predicted_time(),
        )

    def refresh_runs(self) -> None:
        """Show the earlier runs as they are on the disk."""
        self._earlier = self._studio.runs.all()[:EARLIER]
        self._runs.set_entries([_entry(summary) for summary in self._earlier])
        self._runs_card.setVisible(bool(self._earlier))
        self._spare.setVisible(not self._earlier)

    def offered(self, kind: str) -> list[Action]:
        """Return the actions of a kind that are offered now."""
        found = (finding.action for finding in self._checklist.findings)
        return [action for action in found if action is not None and action.kind == kind]

    def _predicted_time(self) -> tuple[float, str] | None:
        """Return seconds by the speed of the newest run of the same base and method."""
        model, tokens_all = self._studio.models.current, self._checklist.plan.tokens
        method = self._studio.draft.recipe.method_title
        for summary in self._studio.runs.all():
            speed = summary.state.tokens_per_second
            alike = model is not None and (summary.model, summary.method) == (model.name, method)
            if alike and speed and tokens_all:
                return tokens_all / speed, summary.title
        return None


def _entry(summary: RunSummary) -> Entry:
    icon, words, tone = BADGES[summary.state.state]
    state, base = summary.state, summary.base_target_loss
    best = state.best_target_loss
    if base is not None and best is not None and len(summary.evaluations) > 1:
        reached = f"held-out {base:.2f} → {best:.2f}"
    else:
        reached = f"held-out {NO_VALUE}"
    below = (
        f"{summary.method} · step {state.step:,} · {reached}" if summary.method else summary.problem
    )
    return Entry(summary.title or summary.run, below, icon, words, tone, summary.problem)

"""The plots of a run in their cards; importing this loads pyqtgraph, which takes a while."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.core.units import NO_VALUE, learning_rate, rate
from studio.ui.look import tokens
from studio.ui.look.fonts import Role
from studio.ui.train.changeplot import ChangePlot
from studio.ui.train.curvedata import run_curves
from studio.ui.train.lossplot import LossPlot
from studio.ui.train.rateplan import planned_rates
from studio.ui.train.spark import SparkCard
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Elided, fill
from studio.ui.widgets.plotstyle import Legend
from studio.ui.widgets.segmented import Segmented


class PlotCards(QWidget):
    """Loss, what was gained, and three readings."""

    def __init__(self) -> None:
        super().__init__()
        self._store: RunStore | None = None
        self._legends: list[QWidget] = []
        self.loss = LossPlot(self._elapsed_at)
        self.change = ChangePlot()
        self.redraws = 0
        """How often the plots were filled; tests count it."""
        self._plots = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        fill(self._plots, gap=tokens.GAP_CARD)
        for card in (self._loss_card(), self._change_card()):
            self._plots.addWidget(card, 1)
        column = QVBoxLayout(self)
        fill(column, gap=tokens.GAP_CARD)
        column.addLayout(self._plots, 1)
        column.addLayout(self._sparks())

    def set_small(self, small: bool) -> None:
        """Put the plots side by side, without legends."""
        for legend in self._legends:
            legend.setVisible(not small)
        directions = QBoxLayout.Direction
        self._plots.setDirection(directions.LeftToRight if small else directions.TopToBottom)

    def show_curves(self, store: RunStore) -> None:
        """Draw both plots of a run as it stands."""
        self._store = store
        self.redraws += 1
        curves = run_curves(store.history, store.state, store.kept)
        self.loss.show_curves(curves)
        self.change.show_curves(curves)

    def show_readings(self, store: RunStore) -> None:
        """Draw the three small lines of a run as it stands."""
        state, steps = store.state, store.history.column("step")
        total = max(state.total_steps, state.step)
        columns = store.history.column
        plan = planned_rates(store.recipe, state.step, total) if store.alive else None
        rates = (plan,) if plan is not None else ()
        self._rate.spark.show_values(steps, columns("learning_rate"), total, *rates)
        self._norm.spark.show_values(steps, columns("grad_norm"), total)
        self._speed.spark.show_values(steps, columns("tokens_per_second"), total)
        self._rate.say(learning_rate(state.learning_rate))
        self._norm.say(_norm_words(state.grad_norm))
        self._speed.say(rate(_mean_speed(store)))

    def _elapsed_at(self, step: float) -> float:
        return self._store.history.elapsed_at(step) if self._store is not None else 0.0

    def _loss_card(self) -> Card:
        self.scale = Segmented("Scale", "Linear", "Log", height=24)
        self.scale.chosen.connect(lambda index: self.loss.set_log(index == 1))
        card = Card("Loss", "", self.scale)
        self._add_legend(
            card, Legend(("lake", "training, raw and smoothed"), ("leaf", "held-out rows"))
        )
        card.body.addLayout(fill(QVBoxLayout(), self.loss, edge=(2, 6, 2, 6)))
        return card

    def _change_card(self) -> Card:
        unit = Elided("nats per token gained on held-out rows", Role.CAPTION)
        unit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        card = Card("Your task, against the base", "", unit)
        self._add_legend(card, Legend(("leaf", "your task"), ("slate", "the base")))
        row = card.header.layout()
        assert isinstance(row, QHBoxLayout)
        row.setStretchFactor(unit, 50)
        self._legends.append(unit)
        card.body.addLayout(fill(QVBoxLayout(), self.change, edge=(2, 6, 2, 6)))
        return card

    def _add_legend(self, card: Card, legend: Legend) -> None:
        row = card.header.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(1, legend)
        row.insertSpacing(1, 6)
        self._legends.append(legend)

    def _sparks(self) -> QHBoxLayout:
        self._rate = SparkCard("Learning rate")
        self._norm = SparkCard("Gradient norm")
        self._speed = SparkCard("Speed", "tokens/s")
        made = QHBoxLayout()
        fill(made, gap=tokens.GAP_CARD)
        for card in (self._rate, self._norm, self._speed):
            made.addWidget(card, 1)
        return made


def _norm_words(norm: float | None) -> str:
    return NO_VALUE if norm is None or not math.isfinite(norm) else f"{norm:.2f}"


def _mean_speed(store: RunStore) -> float | None:
    """Return the speed of the last steps, or of all when the run has ended."""
    state = store.state
    if not state.final or not len(store.history):
        return state.tokens_per_second
    speeds, elapsed = store.history.column("tokens_per_second"), store.history.column("elapsed")
    seconds = [elapsed[0], *(elapsed[1:] - elapsed[:-1])]
    tokens_all = float((speeds * seconds).sum())
    return tokens_all / float(elapsed[-1]) if elapsed[-1] > 0 else None

"""The card with the curves of the chosen runs: which measure, whose line is whose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.app.runcurves import RunCurves
from studio.app.runhistory import Floats, History
from studio.data.runfiles import RunSummary
from studio.ui.look.fonts import Role
from studio.ui.runs.legend import RunsLegend
from studio.ui.runs.overlayplot import Curve, OverlayPlot
from studio.ui.runs.series import series_at
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import fill, prose
from studio.ui.widgets.segmented import Segmented

Points = tuple[Floats, Floats]


def _held_out(history: History) -> Points:
    found = history.evaluations
    return _points([e.step for e in found], [e.target_loss for e in found])


def _general(history: History) -> Points:
    found = [e for e in history.evaluations if e.general_loss is not None]
    return _points([e.step for e in found], [e.general_loss for e in found])


def _training(history: History) -> Points:
    return history.column("step"), history.column("smoothed")


def _speed(history: History) -> Points:
    return history.column("step"), history.column("tokens_per_second")


def _points(x: Sequence[float], y: Sequence[float | None]) -> Points:
    return np.array(x, dtype=np.float64), np.array(y, dtype=np.float64)


MEASURES: tuple[tuple[str, Callable[[History], Points], bool, int, str], ...] = (
    ("Held-out loss", _held_out, True, 3, "No chosen run has evaluated its held-out rows yet."),
    ("Training loss", _training, False, 3, "No chosen run has taken a step yet."),
    ("General loss", _general, True, 3, "No chosen run measures general questions."),
    ("Speed", _speed, False, 0, "No chosen run has taken a step yet."),
)
"""Name, points, whether each is marked, decimals, and what is said where no run has any."""


class OverlayCard(Card):
    """Curves of up to as many runs as are chosen, of one measure at a time."""

    def __init__(self, curves: RunCurves) -> None:
        self.measure = Segmented("Measure", *(name for name, *_ in MEASURES))
        super().__init__("Curves", "", self.measure)
        self._curves = curves
        self._runs: tuple[RunSummary, ...] = ()
        self._drawn: tuple[object, ...] = ()
        self.legend, self.plot = RunsLegend(), OverlayPlot()
        self._nothing = prose("", Role.BODY)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._padded(self._nothing))
        self._stack.addWidget(self.plot)
        inner = QVBoxLayout()
        fill(inner, self.legend, gap=4, edge=(14, 8, 10, 6))
        inner.addWidget(self._stack, 1)
        self.body.addLayout(inner, 1)
        self.measure.chosen.connect(lambda _at: self._draw())
        curves.came.connect(self._on_came)

    def _padded(self, words: QWidget) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        fill(column, words, None, edge=(0, 8, 0, 0))
        return made

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show the curves of these runs, in this order."""
        self._runs = tuple(runs)
        many = len(self._runs)
        self.title.setText("Curves" if many < 2 else f"{many} runs")
        self.legend.set_entries(
            [(series_at(at), run.title or run.run) for at, run in enumerate(self._runs)]
        )
        self._curves.want(self._runs)
        self._draw()

    def _on_came(self, run: str) -> None:
        if any(summary.run == run for summary in self._runs):
            self._draw()

    def _draw(self) -> None:
        """Draw the curves, if anything of them is another than what is drawn."""
        found = [self._curves.history(run.run) for run in self._runs]
        known = [(len(h), len(h.evaluations)) if h is not None else None for h in found]
        names = [(run.run, run.title) for run in self._runs]
        wanted = (self.measure.current(), *names, *known)
        if wanted != self._drawn:
            self._drawn = wanted
            self._draw_curves()

    def _draw_curves(self) -> None:
        name, points, is_marked, decimals, nothing = MEASURES[self.measure.current()]
        shown, waits = [], False
        for at, run in enumerate(self._runs):
            history = self._curves.history(run.run)
            if history is None:
                waits = True
                continue
            x, y = points(history)
            if len(x) and np.isfinite(y).any():
                shown.append(Curve(run.title or run.run, series_at(at), x, y, is_marked))
        self.plot.show_curves(shown, decimals)
        self.plot.setAccessibleName(f"{name} of the chosen runs")
        words = "Choose one or several runs." if not self._runs else nothing
        self._nothing.setText("Reading the curves" if waits else words)
        self._stack.setCurrentIndex(1 if shown else 0)

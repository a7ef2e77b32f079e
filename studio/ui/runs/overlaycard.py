"""The card with the curves of the chosen runs: which measure, whose line is whose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QStackedWidget, QVBoxLayout, QWidget

from studio.app.runcurves import RunCurves
from studio.core.problems import StudioError
from studio.core.workspace import file_name
from studio.data.runfiles import RunSummary
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.runs.legend import RunsLegend
from studio.ui.runs.measures import MEASURES
from studio.ui.runs.overlayplot import Curve, OverlayPlot
from studio.ui.runs.series import series_at
from studio.ui.train.plotpicture import picture, save_picture
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, ChoiceField, fill, prose

NAMED = 4
"""Runs with a colour of their own, which the legend names."""
MOST = 16
"""Runs whose curves are drawn; of more nobody could tell one from another."""
SETTLE_MS = 60
"""Curves that are read come one by one and are drawn together."""
_NOBODY = "Choose one or several runs that can be read."


class OverlayCard(Card):
    """Curves of up to as many runs as are chosen, of one measure at a time.

    Signals:
        said(str): something was done that is told in passing.
        problem_met(object): the StudioError why a file could not be written.
    """

    said = Signal(str)
    problem_met = Signal(object)

    def __init__(self, curves: RunCurves) -> None:
        self.measure = ChoiceField(*(measure.name for measure in MEASURES))
        self.measure.setAccessibleName("Measure")
        self.measure.setMinimumWidth(210)
        self.more_button = Button("What can be done with these curves", "more", "icon")
        super().__init__("Curves", "", self.measure, self.more_button)
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
        self.measure.currentIndexChanged.connect(lambda _at: self._draw())
        self.more_button.clicked.connect(self._pop)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._settle.timeout.connect(self._draw)
        curves.came.connect(self._on_came)

    def _padded(self, words: QWidget) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        fill(column, words, None, edge=(0, 8, 0, 0))
        return made

    def show_runs(self, runs: Sequence[RunSummary]) -> None:
        """Show the curves of these runs, in this order."""
        self._runs = tuple(runs[:MOST])
        many = len(self._runs)
        self.title.setText("Curves" if many < 2 else f"{many} runs")
        self.remark.setText(f"the first of {len(runs):,} chosen" if len(runs) > many else "")
        own = [(series_at(at), run.title or run.run) for at, run in enumerate(self._runs)]
        rest = many - NAMED
        more = [(series_at(NAMED), f"and {rest:,} more")] if rest > 1 else []
        self.legend.set_entries(own[:NAMED] + more if more else own)
        self._curves.want(self._runs)
        self._draw()

    def _on_came(self, run: str) -> None:
        if any(summary.run == run for summary in self._runs):
            self._settle.start()

    def _draw(self) -> None:
        """Draw the curves, if anything of them is another than what is drawn."""
        found = [self._curves.history(run.run) for run in self._runs]
        known = [
            (len(h), len(h.evaluations), h.evaluations[-1:]) if h is not None else None
            for h in found
        ]
        names = [(run.run, run.title) for run in self._runs]
        wanted = (self.measure.currentIndex(), *names, *known)
        if wanted != self._drawn:
            self._drawn = wanted
            self._draw_curves()

    def _draw_curves(self) -> None:
        measure = MEASURES[self.measure.currentIndex()]
        shown, waits = [], False
        for at, run in enumerate(self._runs):
            history = self._curves.history(run.run)
            if history is None:
                waits = True
                continue
            x, y = measure.points(history)
            if len(x) and np.isfinite(y).any():
                curve = Curve(run.title or run.run, series_at(at), x, y, measure.is_marked)
                shown.append(curve)
        self.plot.show_curves(shown, measure.decimals, measure.unit)
        self.plot.setAccessibleName(self._title())
        words = measure.nothing if self._runs else _NOBODY
        self._nothing.setText("Reading the curves" if waits else words)
        self._stack.setCurrentIndex(1 if shown else 0)
        self.more_button.setEnabled(bool(shown))

    # what is taken away from here

    def _title(self) -> str:
        return f"{self.measure.currentText()} of the chosen runs"

    def _pop(self) -> None:
        menu = QMenu(self)
        menu.setFont(fonts.font())
        menu.addAction("Save picture…").triggered.connect(self._ask_picture)
        menu.addAction("Copy picture").triggered.connect(self.copy_picture)
        menu.addAction("Copy data").triggered.connect(self.copy_data)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.more_button.mapToGlobal(QPoint(0, self.more_button.height())))

    def _ask_picture(self) -> None:
        kinds = "PNG picture (*.png);;SVG drawing (*.svg)"
        name, kind = QFileDialog.getSaveFileName(
            self, "Save picture", f"{file_name(self._title())}.png", kinds
        )
        if name:
            path = Path(name)
            ending = ".svg" if "svg" in kind else ".png"
            self.save_picture(path if path.suffix else path.with_suffix(ending))

    def save_picture(self, path: Path) -> None:
        """Write the curves as they are drawn into a file, with the names of the runs."""
        try:
            save_picture(self.plot, self._heading(), path)
        except StudioError as problem:
            self.problem_met.emit(problem)
        else:
            self.said.emit(f"{path.name} saved")

    def copy_picture(self) -> None:
        """Put the curves as they are drawn on the clipboard."""
        QGuiApplication.clipboard().setImage(picture(self.plot, self._heading()))
        self.said.emit("Picture copied")

    def copy_data(self) -> None:
        """Put every point of the drawn curves on the clipboard: run, step, value."""
        lines = [f"run\tstep\t{self.measure.currentText()}"]
        for curve in self.plot.curves:
            name = " ".join(curve.name.split())
            pairs = zip(curve.x.tolist(), curve.y.tolist(), strict=True)
            lines += [f"{name}\t{step:.0f}\t{value!r}" for step, value in pairs]
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        self.said.emit(f"{len(lines) - 1:,} points copied")

    def _heading(self) -> str:
        names = ", ".join(curve.name for curve in self.plot.curves)
        return f"{self.measure.currentText()} · {names}"

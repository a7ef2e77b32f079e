"""What can be done with a plot: clip, zoom out, compare, save and copy."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.app.changefile import ChangeTable
from studio.app.curvefile import CurveTable
from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.core.workspace import file_name
from studio.ui.look import fonts
from studio.ui.train.plotpicture import picture, save_picture
from studio.ui.train.runplot import RunPlot
from studio.ui.train.scaledplot import ScaledPlot
from studio.ui.train.tradeoffplot import TradeoffPlot

MOST_RUNS = 20
"""Runs that are offered for comparison, the newest."""
WHOLE = "Show the whole run\t0"
TITLE = 48
"""Characters of a run's title in the menu."""


def fill_compare(menu: QMenu, studio: Studio) -> None:
    """List the runs that the shown one can be compared with; called when the menu opens."""
    menu.clear()
    shown = studio.runs.current
    group, now = QActionGroup(menu), studio.others.current
    none = menu.addAction("No other run")
    none.triggered.connect(lambda: studio.others.choose(None))
    found = [s for s in studio.runs.all() if shown is None or s.run != shown.run]
    found = [s for s in found if s.state.step][:MOST_RUNS]
    if found:
        menu.addSeparator()
    chosen = [(none, now is None)]
    for summary in found:
        names = dict.fromkeys((summary.title[:TITLE], summary.run[:TITLE]))  # once if it has no own
        act = menu.addAction(" · ".join(filter(None, names)).replace("&", "&&"))
        act.triggered.connect(partial(studio.others.choose, summary.folder, summary.title))
        chosen.append((act, now is not None and now.run == summary.run))
    for act, is_now in chosen:
        act.setCheckable(True)
        act.setChecked(is_now)
        group.addAction(act)


class PlotMenu(QMenu):
    """The menu of one plot: in its card, and where the plot is clicked with the right button.

    Args:
        studio: whose run is shown.
        plot: what it is about.
        parent: owns it.
        table: gives the numbers behind the plot; None takes all steps of the run.

    Signals:
        table_asked(): show the numbers as a table.
    """

    table_asked = Signal()

    def __init__(
        self,
        studio: Studio,
        plot: RunPlot | TradeoffPlot,
        parent: QWidget,
        table: Callable[[], ChangeTable] | None = None,
    ) -> None:
        super().__init__("Plot", parent)
        self._studio, self._plot, self._table = studio, plot, table
        self.setFont(fonts.font())
        self.clip, self.whole = self.addAction("Clip outliers"), self.addAction(WHOLE)
        self.compare = QMenu("Compare with", self)
        self._add_looks()
        self.addSeparator()
        self.addAction("Show as table").triggered.connect(self.table_asked)
        self.addAction("Save picture…").triggered.connect(self._ask_picture)
        self.addAction("Copy picture").triggered.connect(self.copy_picture)
        self.addAction("Save data…").triggered.connect(self._ask_data)
        self.addAction("Copy data").triggered.connect(self.copy_data)
        self.aboutToShow.connect(self.refresh)
        plot.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        plot.customContextMenuRequested.connect(lambda spot: self.popup(plot.mapToGlobal(spot)))
        self.refresh()

    def _add_looks(self) -> None:
        """Offer what changes how it is looked at, as far as the plot has it."""
        plot = self._plot
        self.clip.setCheckable(True)
        self.clip.setVisible(isinstance(plot, ScaledPlot))
        if isinstance(plot, ScaledPlot):
            self.clip.toggled.connect(plot.set_clip)
            self.compare.setFont(fonts.font())
            self.compare.aboutToShow.connect(lambda: fill_compare(self.compare, self._studio))
            self.addMenu(self.compare)
        self.whole.setVisible(isinstance(plot, RunPlot))
        self.whole.triggered.connect(plot.sync.reset)

    def refresh(self) -> None:
        """Say what can be done now."""
        if isinstance(self._plot, ScaledPlot):
            self.clip.setChecked(self._plot.clips)
        self.whole.setEnabled(self._plot.sync.is_zoomed)

    @property
    def _store(self) -> RunStore | None:
        return self._studio.runs.current

    def _title(self) -> str:
        name = self._plot.accessibleName()
        return f"{name} · {self._store.title}" if self._store is not None else name

    def _suggested(self, ending: str) -> str:
        return f"{file_name(self._title())}.{ending}"

    def _ask_picture(self) -> None:
        kinds = "PNG picture (*.png);;SVG drawing (*.svg)"
        name, kind = QFileDialog.getSaveFileName(
            self.parentWidget(), "Save picture", self._suggested("png"), kinds
        )
        if name:
            path = Path(name)
            ending = ".svg" if "svg" in kind and path.suffix.lower() != ".png" else ".png"
            self.save_picture(path if path.suffix else path.with_suffix(ending))

    def save_picture(self, path: Path) -> None:
        """Write the plot as it is shown into a file."""
        try:
            save_picture(self._plot, self._title(), path)
        except StudioError as problem:
            self._studio.problem_met.emit(problem)
        else:
            self._studio.said.emit(f"{path.name} saved", None)

    def copy_picture(self) -> None:
        """Put the plot as it is shown on the clipboard."""
        QGuiApplication.clipboard().setImage(picture(self._plot, self._title()))
        self._studio.said.emit("Picture copied", None)

    def _ask_data(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self.parentWidget(), "Save data", self._suggested("csv"), "Table (*.csv)"
        )
        if name:
            path = Path(name)
            self.save_data(path if path.suffix else path.with_suffix(".csv"))

    def save_data(self, path: Path) -> None:
        """Write the numbers behind the plot into a file, on a thread."""
        table = self._numbers()
        if table is not None:
            self._studio.tables.ask(path, partial(table.write, path))

    def copy_data(self) -> None:
        """Put the numbers behind the plot on the clipboard, with tabs between the columns."""
        table = self._numbers()
        if table is not None:
            QGuiApplication.clipboard().setText(table.text())
            self._studio.said.emit(table.copied, None)

    def _numbers(self) -> CurveTable | ChangeTable | None:
        """Return what is behind the plot: its own table, or every step of the run."""
        if self._store is None:
            return None
        return self._table() if self._table is not None else CurveTable(self._store.history)

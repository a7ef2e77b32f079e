"""Joins the measurement with the Model page: what the strip shows, and what its buttons do."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.app.measuring import Measuring
from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.recipe import Recipe
from studio.machine.models import ModelInfo
from studio.ui.model.measurestrip import MeasureStrip
from studio.ui.model.peakdialog import PeakDialog
from studio.ui.model.planview import Prospect


class MeasureDesk(QObject):
    """Fills the strip; the page tells it which plan is shown.

    Attributes:
        strip: the widget, for the page to place.
    """

    def __init__(self, studio: Studio, outlook: Outlook, page: QWidget) -> None:
        super().__init__(page)
        self._studio, self._outlook, self._page = studio, outlook, page
        self.strip = MeasureStrip()
        self.measuring = Measuring(studio, outlook, self)
        self.measuring.changed.connect(self._show)
        self.strip.measure_requested.connect(self._on_measure_requested)
        self.strip.cancel_requested.connect(self.measuring.cancel)
        self.strip.history_requested.connect(self._on_history_requested)
        studio.runs.state_changed.connect(self._show)
        studio.runs.run_ended.connect(self._show)
        self._plan: tuple[ModelInfo, Recipe, Prospect] | None = None

    def show_plan(self, info: ModelInfo | None, recipe: Recipe, prospect: Prospect | None) -> None:
        """Take in what the page shows; a measurement of other settings is forgotten."""
        known = info is not None and prospect is not None
        self._plan = (info, recipe, prospect) if known else None  # type: ignore[assignment]
        self.measuring.follow(info, recipe)
        self._show()

    def _show(self) -> None:
        measuring, strip = self.measuring, self.strip
        strip.setVisible(self._plan is not None or measuring.running)
        if measuring.running and measuring.progress is not None:
            strip.show_progress(measuring.progress)
            return
        why_not = measuring.why_not()
        if measuring.problem is not None:
            strip.show_problem(measuring.problem, why_not)
        elif measuring.outcome is not None:
            memory = self._plan[2].memory if self._plan is not None else None
            total = memory.total_bytes if memory is not None else 0
            strip.show_outcome(measuring.outcome, total, why_not)
        else:
            strip.show_offer(why_not)

    def _on_measure_requested(self) -> None:
        if self._plan is not None:
            info, recipe, prospect = self._plan
            self.measuring.start(info, recipe, prospect.estimate)

    def _on_history_requested(self) -> None:
        usual = ""
        if self._plan is not None:
            usual = self._outlook.usual(self._plan[1], self._plan[2].estimate)
        self._studio.peaks.refresh()
        dialog = PeakDialog(self._page, self._studio.peaks.records(), usual)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

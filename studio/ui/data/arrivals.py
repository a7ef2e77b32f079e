"""How data comes in: files that are chosen or dropped, and what is said of them afterwards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.studio import Studio
from studio.core.problems import StudioError
from studio.data.importing import ImportCancelled, ImportReport
from studio.ui.data.datanote import LEFT_OUT, DataNote
from studio.ui.data.datasetcard import DatasetCard
from studio.ui.data.emptydata import EmptyData
from studio.ui.menus import FILES


class Arrivals(QObject):
    """Starts imports and says how they ended; the Data page owns it."""

    def __init__(
        self, studio: Studio, page: QWidget, card: DatasetCard, empty: EmptyData, note: DataNote
    ) -> None:
        super().__init__(page)
        self._studio, self._page = studio, page
        self._card, self._note = card, note
        library = studio.datasets
        library.import_progressed.connect(card.show_progress)
        library.import_ended.connect(self._on_import_ended)
        card.cancel_asked.connect(library.cancel_import)
        for asked in (card.import_asked, empty.import_asked):
            asked.connect(self.ask_for_files)

    def ask_for_files(self) -> None:
        """Ask for files and import them."""
        names, _ = QFileDialog.getOpenFileNames(self._page, "Import data", "", FILES)
        self.import_files([Path(name) for name in names])

    def import_files(self, paths: list[Path]) -> None:
        """Import files one after the other, each as a dataset."""
        for path in paths:
            self._studio.datasets.import_file(path)

    def _on_import_ended(self, outcome: ImportReport | StudioError) -> None:
        self._card.show_progress(None)
        if isinstance(outcome, ImportCancelled):
            self._studio.said.emit(f"{outcome.summary} Nothing of it is left", None)
        elif isinstance(outcome, StudioError):
            self._studio.problem_met.emit(outcome)
        else:
            self._studio.said.emit(outcome.sentence, None)
            if outcome.problems:
                left = len(outcome.problems) + outcome.unlisted
                fact = f"{left:,} {'line is' if left == 1 else 'lines are'} left out."
                first = outcome.problems[0]
                where = f"Line {first.line:,}: {first.reason}."
                self._note.offer(fact, where, LEFT_OUT, "Show them")

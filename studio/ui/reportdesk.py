"""Asks where a run's report should go, has it written, and opens it; writes model cards."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.app.studio import Studio
from studio.core.workspace import file_name
from studio.data.modelcard import CARD, write_card
from studio.data.report import ENDINGS, default_place, write_report

ABOUT = "One page that needs nothing else; the same is written beside it as Markdown"


class ReportDesk(QObject):
    """Writes reports off the window's thread; a page owns it."""

    def __init__(self, studio: Studio, parent: QWidget) -> None:
        super().__init__(parent)
        self._studio, self._parent = studio, parent
        self._wanted: Path | None = None
        self._card: Path | None = None
        studio.tables.done.connect(self._on_done)

    def ask(self, run: str) -> None:
        """Ask for a file, and write the report of a run into it."""
        if not run:
            return
        first = default_place(self._studio.workspace, run).with_name(f"{file_name(run)}.html")
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Write report", str(first), "Page (*.html)"
        )
        if not name:
            return
        place = Path(name)
        if place.suffix.lower() not in ENDINGS:
            place = place.with_name(f"{place.name}.html")
        self._wanted = place
        workspace = self._studio.workspace
        self._studio.tables.ask(place, lambda: write_report(workspace, run, place))

    def write_card(self, run: str) -> None:
        """Write the model card of a run into its adapter's folder."""
        workspace = self._studio.workspace
        self._card = workspace.run(run).adapter / CARD
        self._studio.tables.ask(self._card, lambda: write_card(workspace, run))

    def _on_done(self, wish: object, _written: object) -> None:
        if self._card is not None and wish is self._card:
            place, self._card = self._card, None
            self._studio.said.emit(f"The model card is {place}", None)
            return
        if self._wanted is None or wish is not self._wanted:
            return
        place, self._wanted = self._wanted, None
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(place))):
            self._studio.said.emit(f"No browser answered; the report is {place}", None)

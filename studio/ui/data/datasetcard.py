"""The datasets of the workspace, and the place where files are dropped."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.datasetlibrary import DatasetSummary
from studio.core.example import Kind
from studio.data.importing import ImportProgress
from studio.ui.look.fonts import Role
from studio.ui.widgets.card import Card
from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import Button, IconLabel, fill, prose

WIDTH = 178
HEIGHT_ENTRY = 52
KINDS = {
    Kind.TRIPLE: "triples",
    Kind.CONVERSATION: "conversations",
    Kind.TEXT: "texts",
    Kind.PREFERENCE: "preferences",
}
"""What a dataset holds, in the words of the field."""


class DatasetCard(Card):
    """Lists the datasets; owned by the Data page.

    Signals:
        chosen(str): another dataset is to be opened.
        import_asked(): the user wants to choose a file.
        cancel_asked(): the running import is to stop.
    """

    chosen = Signal(str)
    import_asked = Signal()
    cancel_asked = Signal()

    def __init__(self) -> None:
        self.add_button = Button("Add a dataset", "add", "icon")
        super().__init__("Datasets", "", self.add_button)
        self.setFixedWidth(WIDTH)
        self._names: list[str] = []
        self.list = EntryList("Datasets", HEIGHT_ENTRY)
        self.list.chosen.connect(lambda at: self.chosen.emit(self._names[at]))
        self.body.addWidget(self.list, 1)
        self.import_button = Button("Import…", kind="quiet", compact=True)
        self.import_button.setProperty("act", True)
        self.cancel_button = Button("Stop the import", compact=True)
        self._words = prose("", Role.SMALL)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._meter = Meter("Import", WIDTH - 48)
        self.body.addLayout(fill(QVBoxLayout(), self._drop_zone(), edge=10))
        self.add_button.clicked.connect(self.import_asked)
        self.import_button.clicked.connect(self.import_asked)
        self.cancel_button.clicked.connect(self.cancel_asked)
        self.show_progress(None)

    def _drop_zone(self) -> QWidget:
        drop = QWidget()
        drop.setObjectName("drop")
        drop.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(drop)
        fill(column, gap=2, edge=(6, 12, 6, 8))
        self._icon = IconLabel("import", "muted", 20)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(self._words)
        for widget in (self._meter, self.import_button, self.cancel_button):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        return drop

    def show_datasets(
        self, summaries: Sequence[DatasetSummary], current: str, problems: int
    ) -> None:
        """List the datasets; problems are those of the one that is open."""
        self._names = [summary.name for summary in summaries]
        entries = [_entry(s, problems if s.name == current else 0) for s in summaries]
        at = self._names.index(current) if current in self._names else -1
        self.list.set_entries(entries, at)

    def show_progress(self, progress: ImportProgress | None) -> None:
        """Show how far an import is, or the place to drop files when there is none."""
        busy = progress is not None
        self._meter.setVisible(busy)
        self.cancel_button.setVisible(busy)
        self._icon.setVisible(not busy)
        self.import_button.setVisible(not busy)
        if progress is None:
            self._words.setText("Drop files here, or")
            return
        self._words.setText(f"{progress.rows:,} rows of {progress.file} so far")
        self._meter.set_shares(progress.done / max(1, progress.total))


def _entry(summary: DatasetSummary, problems: int) -> Entry:
    if summary.rows is None:
        return Entry(summary.name, "cannot be read", "error", "!", tip=summary.trouble)
    below = f"{summary.rows:,} {'row' if summary.rows == 1 else 'rows'} · {KINDS[summary.kind]}"
    mark = f"{problems:,}" if problems else ""
    return Entry(summary.name, below, "warning" if problems else "", mark)

"""The sizes the user gave the parts of the Data page: widths of columns, shares of cards."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QSplitter

from studio.app.studio import Studio
from studio.core.example import Kind
from studio.core.problems import StudioError
from studio.ui.data.rowstable import RowsTable

KEEP_MS = 600
"""From the last pull at an edge until it is kept."""
HALVES, HALVES_SMALL = [290, 450], [230, 340]
"""Px of record and tokens above each other."""
LONG_HALVES, LONG_HALVES_SMALL = [410, 330], [310, 260]
"""The same where rows are conversations, texts or pairs of answers."""


class PageSizes(QObject):
    """Gives parts their remembered sizes and remembers others; the Data page owns it."""

    def __init__(self, studio: Studio, table: RowsTable, cards: QSplitter) -> None:
        super().__init__(table)
        self._studio, self._table, self._cards = studio, table, cards
        self._kind, self._small = Kind.TRIPLE, False
        self._timer = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._timer.timeout.connect(self.keep)
        cards.splitterMoved.connect(lambda *_: self._timer.start())
        table.resized.connect(self._timer.start)

    def show(self, kind: Kind, small: bool) -> None:
        """Give the parts their sizes for rows of a kind, in a window of this form."""
        self.keep_now()
        self._kind, self._small = kind, small
        settings = self._studio.settings
        usual = HALVES_SMALL if small else HALVES
        if kind is not Kind.TRIPLE:
            usual = LONG_HALVES_SMALL if small else LONG_HALVES
        self._cards.setSizes(settings.splitter(self._cards_name) or usual)
        start = f"data.{kind}.column."
        self._table.set_chosen_widths(
            {
                name.removeprefix(start): sizes[0]
                for name, sizes in settings.values.splitters.items()
                if name.startswith(start) and sizes
            }
        )

    def keep_now(self) -> None:
        """Remember sizes that wait to be."""
        if self._timer.isActive():
            self.keep()

    def keep(self) -> None:
        """Remember the sizes as they are."""
        self._timer.stop()
        widths = self._table.chosen_widths.items()
        columns = {f"data.{self._kind}.column.{name}": [width] for name, width in widths}
        known = self._studio.settings.values.splitters
        try:
            cards = {self._cards_name: self._cards.sizes()}
            self._studio.settings.set("splitters", {**known, **columns, **cards})
        except StudioError as problem:
            self._studio.problem_met.emit(problem)

    @property
    def _cards_name(self) -> str:
        return f"data.{self._kind}.{'small' if self._small else 'wide'}"

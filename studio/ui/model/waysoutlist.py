"""The ways out of a run that does not fit: one row each, with what it costs and one button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.sizefield import SizeField
from studio.ui.model.wayrows import WayRows
from studio.ui.widgets.parts import Button, Elided, fill, label, prose


@dataclass(frozen=True, slots=True)
class Fit:
    """What the list shows.

    Attributes:
        ways: ranked; the same ones keep their buttons.
        budget_bytes: the memory that they are to fit into.
        own: that is a number of the user's, not what is free.
        seconds: how long the run would take as it is; None while that is not known.
        words: what there is to say beside the ways; empty for nothing.
    """

    ways: Sequence[WayOut]
    budget_bytes: int
    own: bool = False
    seconds: float | None = None
    words: str = ""


class WaysOutList(QWidget):
    """Ways out, ranked; hidden when there is nothing to show.

    Signals:
        applied(object): the user wants a WayOut.
        budget_chosen(object): the user wants to fit into so many bytes; None for what is free.
    """

    applied = Signal(object)
    budget_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Make it fit")
        self.rows = WayRows()
        self.rows.applied.connect(self.applied)
        self._words = prose("")
        fill(QVBoxLayout(self), self._head(), self._words, self.rows, gap=6)
        self.hide()

    def _head(self) -> QHBoxLayout:
        self.budget = SizeField("Fit into")
        self.budget.edited.connect(self.budget_chosen)
        self.reset = Button("Fit into what is free", "reset", "icon")
        self.reset.clicked.connect(lambda: self.budget_chosen.emit(None))
        row = QHBoxLayout()
        fill(row, label("Make it fit", weight=fonts.BOLD), gap=8)
        row.addWidget(Elided("ranked by what they cost; each can be undone"), 1)
        return fill_row(row, self.reset, label("Fit into", Role.SMALL, tone="muted"), self.budget)

    def show_fit(self, fit: Fit | None) -> None:
        """Show other ways out, or nothing; the same ones keep their buttons and the focus."""
        self.setVisible(fit is not None)
        if fit is None:
            self.rows.show_ways((), None)
            return
        self.budget.show_bytes(fit.budget_bytes)
        self.reset.setVisible(fit.own)
        self._words.setText(fit.words)
        self._words.setVisible(bool(fit.words))
        self.rows.show_ways(fit.ways, fit.seconds)


def fill_row(row: QHBoxLayout, *widgets: QWidget) -> QHBoxLayout:
    """Add widgets to a row and return it."""
    for widget in widgets:
        row.addWidget(widget)
    return row

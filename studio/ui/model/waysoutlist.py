"""The ways out of a run that does not fit: one row each, with what it costs and one button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.units import GIB, duration, signed
from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.sizefield import SizeField
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, label, line, prose

WIDTH_SIZE, WIDTH_TIME = 68, 148


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
        self._shown: tuple[object, ...] = ()
        self._rows = QWidget()
        self._column = QVBoxLayout(self._rows)
        fill(self._column, gap=0)
        self._words = prose("")
        fill(QVBoxLayout(self), self._head(), self._words, self._rows, gap=6)
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
            self._shown = ()
            return
        self.budget.show_bytes(fit.budget_bytes)
        self.reset.setVisible(fit.own)
        self._words.setText(fit.words)
        self._words.setVisible(bool(fit.words))
        facts = (fit.seconds, *((way.title, way.detail, way.cost, way.fits) for way in fit.ways))
        if facts != self._shown:
            self._shown = facts
            self._show_ways(fit)

    def _show_ways(self, fit: Fit) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, way in enumerate(fit.ways, 1):
            if number > 1:
                self._column.addWidget(line())
            self._column.addWidget(self._row(number, way, fit.seconds))

    def _row(self, number: int, way: WayOut, seconds: float | None) -> QWidget:
        row = QWidget()
        row.setMinimumHeight(46)
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(14)
        words = fill(
            QVBoxLayout(),
            label(way.title, weight=fonts.MEDIUM),
            Elided(way.detail, Role.CAPTION),
            gap=0,
        )
        total = label(f"{way.estimate.total_bytes / GIB:.1f} GiB", weight=fonts.BOLD)
        total.setFixedWidth(WIDTH_SIZE)
        time = label(time_words(way, seconds), Role.SMALL, tone="muted")
        time.setFixedWidth(WIDTH_TIME)
        icon, tone = ("warning", "warning") if way.loses else ("okay", "accent")
        cost = fill(QHBoxLayout(), IconLabel(icon, tone, 14), gap=6)
        cost.addWidget(prose(_cost(way), Role.SMALL, tone), 1)
        grid.addWidget(label(str(number), tone="muted"), 0, 0)
        grid.addLayout(words, 0, 1)
        grid.addWidget(total, 0, 2)
        grid.addWidget(time, 0, 3)
        grid.addLayout(cost, 0, 4)
        grid.addWidget(self._button(number, way, seconds), 0, 5)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(4, 3)
        return row

    def _button(self, number: int, way: WayOut, seconds: float | None) -> Button:
        button = Button("Apply", kind="primary" if number == 1 and way.fits else "secondary")
        button.setAccessibleName(f"Apply: {way.title}")
        size = f"{way.estimate.total_bytes / GIB:.1f} GiB"
        said = (way.detail, size, time_words(way, seconds), _cost(way))
        button.setAccessibleDescription("; ".join(said))
        button.clicked.connect(lambda: self.applied.emit(way))
        return button


def fill_row(row: QHBoxLayout, *widgets: QWidget) -> QHBoxLayout:
    """Add widgets to a row and return it."""
    for widget in widgets:
        row.addWidget(widget)
    return row


def time_words(way: WayOut, seconds: float | None) -> str:
    """Return how long a run takes this way, and how much more that is: "2 h 24 min +11 %"."""
    share = f"{signed(100 * way.longer, 0)}\u00a0%"
    if seconds is None:
        return "about the same time" if abs(way.longer) < 0.02 else f"about {share} time"
    rounded = 60 * round(seconds * (1 + way.longer) / 60) or seconds * (1 + way.longer)
    return f"{duration(rounded)} {share}"


def _cost(way: WayOut) -> str:
    return way.cost if way.fits else f"{way.cost}; not enough"

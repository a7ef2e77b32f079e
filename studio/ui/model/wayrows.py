"""Plans as rows: what changes, what it takes, how long, what it costs, and one button each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.units import GIB, duration, signed
from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, IconLabel, fill, label, line, prose, restyle

WIDTH_SIZE, WIDTH_TIME = 68, 132


class WayRows(QWidget):
    """Ranked plans; a row keeps its place and the focus while what it says changes.

    Signals:
        applied(object): the user wants a WayOut.
    """

    applied = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()
        self._rows: list[_Row] = []
        self._column = QVBoxLayout(self)
        fill(self._column, gap=0)

    def show_ways(self, ways: Sequence[WayOut], seconds: float | None) -> None:
        """Show plans; seconds is how long the run takes as it is, if that is known."""
        facts = (seconds, *((way.title, way.detail, way.cost, way.fits) for way in ways))
        if facts == self._shown:
            return
        self._shown = facts
        while len(self._rows) < len(ways):
            self._add_row()
        for row, way in zip(self._rows, ways, strict=False):
            row.show_way(way, seconds)
        for number, row in enumerate(self._rows):
            row.setVisible(number < len(ways))

    def _add_row(self) -> None:
        row = _Row(len(self._rows) + 1)
        row.applied.connect(self.applied)
        self._rows.append(row)
        self._column.addWidget(row)


class _Row(QWidget):
    """One plan, with a line above it unless it is the first."""

    applied = Signal(object)

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._way: WayOut | None = None
        self._title, self._detail = label("", weight=fonts.MEDIUM), prose("", Role.CAPTION)
        self._size = label("", weight=fonts.BOLD)
        self._size.setFixedWidth(WIDTH_SIZE)
        self._time = label("", Role.SMALL, tone="muted")
        self._time.setFixedWidth(WIDTH_TIME)
        self._sign = IconLabel("okay", "accent", 14)
        self._cost = prose("", Role.SMALL)
        self.button = Button("Apply")
        self.button.clicked.connect(lambda: self.applied.emit(self._way))
        column = fill(QVBoxLayout(self), gap=0)
        if number > 1:
            column.addWidget(line())
        column.addLayout(self._grid())

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(14)
        grid.setRowMinimumHeight(0, 38)
        cost = fill(QHBoxLayout(), self._sign, gap=6)
        cost.addWidget(self._cost, 1)
        grid.addWidget(label(str(self._number), tone="muted"), 0, 0)
        words = fill(QVBoxLayout(), None, self._title, self._detail, None, gap=0)
        grid.addLayout(words, 0, 1)
        grid.addWidget(self._size, 0, 2)
        grid.addWidget(self._time, 0, 3)
        grid.addLayout(cost, 0, 4)
        grid.addWidget(self.button, 0, 5)
        grid.setColumnStretch(1, 4)
        grid.setColumnStretch(4, 3)
        return grid

    def show_way(self, way: WayOut, seconds: float | None) -> None:
        """Show a plan in this place."""
        self._way = way
        size, time = f"{way.estimate.total_bytes / GIB:.1f} GiB", time_words(way, seconds)
        self._title.setText(way.title)
        self._detail.setText(way.detail)
        self._size.setText(size)
        self._time.setText(time)
        self._sign.set_icon(*(("warning", "warning") if way.loses else ("okay", "accent")))
        self._cost.setText(_cost(way))
        set_look(self._cost, "tone", "warning" if way.loses else "accent")
        primary = self._number == 1 and way.fits
        self.button.setFont(fonts.font(weight=fonts.BOLD if primary else fonts.MEDIUM))
        set_look(self.button, "kind", "primary" if primary else "secondary")
        self.button.setAccessibleName(f"Apply: {way.title}")
        self.button.setAccessibleDescription("; ".join((way.detail, size, time, _cost(way))))


def set_look(widget: QWidget, name: str, value: str) -> None:
    """Give a property that the style sheet looks at another value."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        restyle(widget)


def time_words(way: WayOut, seconds: float | None) -> str:
    """Return how long a run takes this way, and how much more that is: "2 h 24 min +11 %"."""
    share = f"{signed(100 * way.longer, 0)}\u00a0%"
    if seconds is None:
        return "about the same time" if abs(way.longer) < 0.02 else f"about {share} time"
    rounded = 60 * round(seconds * (1 + way.longer) / 60) or seconds * (1 + way.longer)
    return f"{duration(rounded)} {share}"


def _cost(way: WayOut) -> str:
    return way.cost if way.fits else f"{way.cost}; not enough"

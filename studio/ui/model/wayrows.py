"""Plans as rows: what changes, what it takes, how long, what it costs, and one button each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.units import GIB, duration, signed
from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, IconLabel, fill, label, line, prose

WIDTH_SIZE, WIDTH_TIME = 68, 132


class WayRows(QWidget):
    """Ranked plans; the same ones keep their buttons and the focus.

    Signals:
        applied(object): the user wants a WayOut.
    """

    applied = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout(self)
        fill(self._column, gap=0)

    def show_ways(self, ways: Sequence[WayOut], seconds: float | None) -> None:
        """Show plans; seconds is how long the run takes as it is, if that is known."""
        facts = (seconds, *((way.title, way.detail, way.cost, way.fits) for way in ways))
        if facts == self._shown:
            return
        self._shown = facts
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for number, way in enumerate(ways, 1):
            if number > 1:
                self._column.addWidget(line())
            self._column.addWidget(self._row(number, way, seconds))

    def _row(self, number: int, way: WayOut, seconds: float | None) -> QWidget:
        row = QWidget()
        row.setMinimumHeight(46)
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 4, 0, 4)
        grid.setHorizontalSpacing(14)
        words = fill(
            QVBoxLayout(),
            label(way.title, weight=fonts.MEDIUM),
            prose(way.detail, Role.CAPTION),
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
        grid.setColumnStretch(1, 4)
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


def time_words(way: WayOut, seconds: float | None) -> str:
    """Return how long a run takes this way, and how much more that is: "2 h 24 min +11 %"."""
    share = f"{signed(100 * way.longer, 0)}\u00a0%"
    if seconds is None:
        return "about the same time" if abs(way.longer) < 0.02 else f"about {share} time"
    rounded = 60 * round(seconds * (1 + way.longer) / 60) or seconds * (1 + way.longer)
    return f"{duration(rounded)} {share}"


def _cost(way: WayOut) -> str:
    return way.cost if way.fits else f"{way.cost}; not enough"

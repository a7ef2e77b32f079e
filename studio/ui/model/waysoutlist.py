"""The ways out of a run that does not fit: one row each, with what it costs and one button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.units import GIB
from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, label, line


class WaysOutList(QWidget):
    """Ways out, ranked; hidden when there is none.

    Signals:
        applied(object): the user wants a WayOut.
    """

    applied = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Make it fit")
        self._shown: tuple[tuple[object, ...], ...] = ()
        self._rows = QWidget()
        self._column = QVBoxLayout(self._rows)
        fill(self._column, gap=0)
        title = fill(
            QHBoxLayout(),
            label("Make it fit", weight=fonts.BOLD),
            label("ranked by what they cost; each can be undone", Role.SMALL, tone="muted"),
            None,
            gap=8,
        )
        fill(QVBoxLayout(self), title, self._rows, gap=8)
        self.hide()

    def show_ways(self, ways: Sequence[WayOut]) -> None:
        """Show other ways out; the same ones keep their buttons and the focus."""
        facts = tuple((way.title, way.detail, way.estimate.total_bytes, way.fits) for way in ways)
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
            self._column.addWidget(self._row(number, way))
        self.setVisible(bool(ways))

    def _row(self, number: int, way: WayOut) -> QWidget:
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
        icon, tone = ("warning", "warning") if way.loses else ("okay", "accent")
        cost = fill(QHBoxLayout(), IconLabel(icon, tone, 14), gap=6)
        cost.addWidget(Elided(_cost(way), Role.SMALL, tone), 1)
        button = Button("Apply", kind="primary" if number == 1 and way.fits else "secondary")
        button.setAccessibleName(f"Apply: {way.title}")
        button.setAccessibleDescription(f"{way.detail}. {_cost(way)}.")
        button.clicked.connect(lambda: self.applied.emit(way))
        grid.addWidget(label(str(number), tone="muted"), 0, 0)
        grid.addLayout(words, 0, 1)
        grid.addWidget(total, 0, 2)
        grid.addLayout(cost, 0, 3)
        grid.addWidget(button, 0, 4)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        return row


def _cost(way: WayOut) -> str:
    return way.cost if way.fits else f"{way.cost}; not enough alone"

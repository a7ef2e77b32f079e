"""What the run has gained on its task against the base, in its card."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.ui.look.fonts import Role
from studio.ui.train.changeplot import ChangePlot
from studio.ui.train.plotsync import PlotSync
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Elided, fill
from studio.ui.widgets.plotstyle import Legend


class ChangeCard(Card):
    """The plot of gains; without legend in small windows."""

    def __init__(self, sync: PlotSync) -> None:
        unit = Elided("nats per token gained on held-out rows", Role.CAPTION)
        unit.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        super().__init__("Your task, against the base", "", unit)
        self.plot = ChangePlot(sync)
        legend = Legend(("leaf", "your task"), ("slate", "the base"))
        row = self.header.layout()
        assert isinstance(row, QHBoxLayout)
        row.insertWidget(1, legend)
        row.insertSpacing(1, 6)
        row.setStretchFactor(unit, 50)
        self._legends = (unit, legend)
        self.body.addLayout(fill(QVBoxLayout(), self.plot, edge=(2, 6, 2, 6)))

    def set_small(self, small: bool) -> None:
        """Drop the legend, or show it."""
        for part in self._legends:
            part.setVisible(not small)

"""A reading of a run in full, in its card."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from studio.app.studio import Studio
from studio.ui.train.curvedata import RunCurves
from studio.ui.train.plotmenu import PlotMenu
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.readingplot import ReadingPlot
from studio.ui.train.readings import MEMORY, RATE, Reading, ReadingCurve
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill
from studio.ui.widgets.segmented import Segmented


class ReadingCard(Card):
    """The plot of one reading; its button closes it."""

    def __init__(self, studio: Studio, sync: PlotSync) -> None:
        self.scale = Segmented("Scale of the reading", "Linear", "Log", height=24)
        self.close_button = Button("Close this plot", "close", "icon")
        self.more_button = Button("More for this plot", "more", "icon")
        super().__init__(RATE.name, " ", self.scale, self.more_button, self.close_button)
        self.reading: Reading = RATE
        self.plot = ReadingPlot(sync)
        self.menu = PlotMenu(studio, self.plot, self)
        self.more_button.setMenu(self.menu)
        self.scale.chosen.connect(lambda index: self.plot.set_log(index == 1))
        self.body.addLayout(fill(QVBoxLayout(), self.plot, edge=(2, 6, 2, 6)))

    def set_reading(self, reading: Reading) -> None:
        """Show another reading from the next curve on."""
        self.reading = reading
        self.title.setText(reading.name)
        self.setAccessibleName(reading.name)
        self.remark.setText(
            "measured peak in GiB; the band is what was predicted"
            if reading is MEMORY
            else reading.unit
        )

    def show_reading(self, curve: ReadingCurve, curves: RunCurves) -> None:
        """Draw the reading's values in the frame of a run."""
        self.plot.show_reading(self.reading, curve)
        self.plot.show_curves(curves)

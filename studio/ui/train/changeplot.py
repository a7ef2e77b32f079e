"""What the run has gained on the held-out rows against the base, which is the dashed line at 0."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from studio.core.units import signed
from studio.ui.look import paint
from studio.ui.look.icons import icon
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Points, bounds, tick_words, ticks, within
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.runplot import RunPlot
from studio.ui.train.tags import Tag, spread

LEAF = 18
LEAF_AIR = 16
"""Px above the highest point, for a leaf on it."""


class ChangePlot(RunPlot):
    """Gain over steps, upwards in nats per token; a leaf sits on the best evaluation."""

    def __init__(self, sync: PlotSync) -> None:
        super().__init__("Your task, against the base", sync)

    def make_items(self) -> None:
        c = colors()
        self._base = pg.InfiniteLine(0, angle=0, pen=paint.pen(c.slate, 2, (7, 4)))
        self.addItem(self._base)
        self._curve = self.curve(c.leaf, 2)
        self._marks = self.marks("leaf")
        self._best = pg.QtWidgets.QGraphicsPixmapItem(icon("leaf-solid", c.leaf, LEAF).pixmap(LEAF))
        self._best.setFlag(self._best.GraphicsItemFlag.ItemIgnoresTransformations)
        self._best.setOffset(-2, -LEAF - 1)
        self._best.setZValue(30)
        self.addItem(self._best)
        self._tag, self._best_tag = Tag(), Tag()
        self.addItem(self._tag)
        self.addItem(self._best_tag)

    def fill(self) -> None:
        run = self.curves
        gained = run.gained
        low, high = bounds([within(gained, run.view).y, np.array([0.0, 0.1])], 0.1)
        high += LEAF_AIR * (high - low) / max(self.getViewBox().height(), 4 * LEAF_AIR)
        shown = ticks(low, high) if len(gained.y) else []
        levels = [(v, w) for v, w in tick_words(shown, sign=True) if v]
        self.set_scale([(0.0, "base"), *levels], (low, high))
        self._curve.setData(gained.x, gained.y)
        self.set_marks(self._marks, gained, "leaf")
        self._fill_best(gained)
        there = len(gained.y) > 0 and run.view is None
        self._tag.setVisible(there)
        if there:
            self._tag.say("your task", colors().leaf, signed(float(gained.y[-1])))
            spread(self, [(self._tag, float(gained.y[-1]))])

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        gained = self.curves.gained
        if not len(gained.x) or step < gained.x[0]:
            return []
        nearest = int(np.searchsorted(gained.x, step, side="right")) - 1
        name = f"your task, step {int(gained.x[nearest]):,}"
        return [("leaf", name, signed(float(gained.y[nearest]), 3))]

    def _fill_best(self, gained: Points) -> None:
        best = self.curves.best
        found = np.flatnonzero(gained.x == best) if best is not None else np.empty(0, dtype=int)
        self._best.setVisible(len(found) > 0)
        self._best_tag.setVisible(len(found) > 0 and bool(best != gained.x[-1]))
        if not len(found) or best is None:
            return
        height = float(gained.y[found[0]])
        step_px, unit_px = self.per_px()
        self._best.setPos(best, height)
        self._best_tag.say("best", colors().leaf)
        self._best_tag.setPos(best + 4 * step_px, height - 14 * unit_px)

"""Marks in a plot for what happened to a run: buds on the axis, icons above a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pyqtgraph as pg

from studio.ui.look import paint
from studio.ui.look.icons import icon
from studio.ui.look.theme import colors
from studio.ui.train.happenings import Happening

if TYPE_CHECKING:
    from studio.ui.train.runplot import RunPlot

MOST = 60
"""Most lines; older ones are left out, since more would cover the curves."""
SIZE = 14
BUD = 7


class _Mark:
    """A dashed line with an icon at its top; made once, moved and hidden."""

    def __init__(self, plot: RunPlot) -> None:
        self._shown = ("", 0, 0.0)
        self._line = pg.InfiniteLine(0)
        self._line.setZValue(-5)
        self._sign = pg.QtWidgets.QGraphicsPixmapItem()
        self._sign.setFlag(self._sign.GraphicsItemFlag.ItemIgnoresTransformations)
        self._sign.setOffset(-SIZE / 2, 1)
        self._sign.setZValue(25)
        plot.addItem(self._line)
        plot.addItem(self._sign, ignoreBounds=True)

    def show(self, kind: str, step: int, top: float) -> None:
        before, self._shown = self._shown, (kind, step, top)
        if before[0] != kind:
            tone = getattr(colors(), EventMarks.TONES[kind])
            self._line.setPen(paint.pen(tone, 1, (3, 3)))
            self._sign.setPixmap(icon(EventMarks.ICONS[kind], tone, SIZE).pixmap(SIZE))
        self.set_visible(True)
        self._line.setPos(step)
        self._sign.setPos(step, top)

    def set_visible(self, visible: bool) -> None:
        self._line.setVisible(visible)
        self._sign.setVisible(visible)


class EventMarks:
    """The marks of one plot; place moves them."""

    ICONS: ClassVar = {
        "memory": "gpu",
        "plan": "edit",
        "resume": "play",
        "rollback": "rollback",
        "checkpoint": "bud",
    }
    TONES: ClassVar = {
        "memory": "warning",
        "plan": "muted",
        "resume": "muted",
        "rollback": "warning",
        "checkpoint": "accent",
    }
    """Names of colours."""

    def __init__(self, plot: RunPlot) -> None:
        self._plot = plot
        c = colors()
        self._buds = pg.ScatterPlotItem(
            symbol="o", size=BUD, pen=paint.pen(c.surface, 1.5), brush=c.accent, antialias=True
        )
        self._buds.setZValue(15)
        plot.addItem(self._buds, ignoreBounds=True)
        self._marks: list[_Mark] = []
        self._placed: object = None

    def place(self, happenings: Sequence[Happening]) -> None:
        """Show what happened where the plot is looked at; cheap when nothing has changed."""
        low, high = self._plot.getViewBox().viewRange()[1]
        placed = (tuple(happenings), low, high)
        if placed == self._placed:
            return
        self._placed = placed
        kept = sorted({h.step for h in happenings if h.kind == "checkpoint"})
        self._buds.setVisible(bool(kept))
        if kept:
            height = low + 0.6 * BUD * self._plot.per_px()[1]
            self._buds.setData(x=np.array(kept, dtype=float), y=np.full(len(kept), height))
        turns = [h for h in happenings if h.kind != "checkpoint"][-MOST:]
        while len(self._marks) < len(turns):
            self._marks.append(_Mark(self._plot))
        for index, mark in enumerate(self._marks):
            if index < len(turns):
                mark.show(turns[index].kind, turns[index].step, high)
            else:
                mark.set_visible(False)

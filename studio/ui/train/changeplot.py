"""What a run gained on its task and forgot of the rest; the base is the dashed line at 0."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from studio.app.guardreading import GuardReading
from studio.core.tradeoff import Point
from studio.core.units import MINUS, signed
from studio.ui.look import paint
from studio.ui.look.icons import icon
from studio.ui.look.theme import colors
from studio.ui.train.curvedata import Points, bounds, tick_words, ticks, within
from studio.ui.train.forgetlines import ForgetLines
from studio.ui.train.plotsync import PlotSync
from studio.ui.train.runplot import RunPlot
from studio.ui.train.tags import LINE_PX, Tag, spread

LEAF = 18
LEAF_AIR = 20
"""Px above the highest point, for a leaf on it."""
BEST_ROOM = 84
"""Px that the words below the leaf need before those at the curves' ends."""
BAND_PX = 22
"""Px below the tolerance that are always seen, with its words."""
LEAST_SHARE = 0.5
"""Share of the height that what was forgotten gets, enlarged if it has to be."""
TIMES = (1.0, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 50.0)
FAR = 6.0
"""A tolerance so many times as far as all that was measured does not stretch the axis."""
NEAR_PX = 14
"""Px within which two numbers of the axis would touch."""


class ChangePlot(RunPlot):
    """Nats per token over steps: the task grows up from the base, the rest sinks below it."""

    def __init__(self, sync: PlotSync) -> None:
        self.guard, self.tag = GuardReading(), ""
        self.shows_drift = False
        """Whether drift is drawn; it lies far below, so that what was forgotten gets small."""
        self.times = 1.0
        """How many times as large as what was gained what was forgotten is drawn."""
        super().__init__("Gained and forgotten", sync)

    def show_guard(self, guard: GuardReading, tag: str) -> None:
        """Show what a guard measured, and one subject beside all, from the next curves on."""
        self.guard, self.tag = guard, tag
        self.forgotten.take(guard, tag)

    def show_drift(self, shown: bool) -> None:
        """Draw how far the model is from the base, beside how much worse it is."""
        self.shows_drift = self.forgotten.shows_drift = shown
        self.show_curves(self.curves)

    def make_items(self) -> None:
        c = colors()
        self._base = pg.InfiniteLine(0, angle=0, pen=paint.pen(c.slate, 2, (7, 4)))
        self.addItem(self._base)
        self.forgotten = ForgetLines(self)
        self.forgotten.shows_drift = self.shows_drift
        self.forgotten.take(self.guard, self.tag)
        self._curve = self.curve(c.leaf, 2)
        self._marks = self.marks("leaf")
        self._best = pg.QtWidgets.QGraphicsPixmapItem(icon("leaf-solid", c.leaf, LEAF).pixmap(LEAF))
        self._best.setFlag(self._best.GraphicsItemFlag.ItemIgnoresTransformations)
        self._best.setOffset(-2, -LEAF - 1)
        self._best.setZValue(30)
        self.addItem(self._best)
        self._tag, self._best_tag = Tag(), Tag(ground=False)
        self.addItem(self._tag)
        self.addItem(self._best_tag)

    def fill(self) -> None:
        run = self.curves
        self.times = self._enlarged(run.gained)
        self.forgotten.enlarge(self.times)
        gained = Points(run.gained.x, self.forgotten.folded(run.gained.y))
        low, high = self._bounds(gained)
        self.set_scale(self._levels(low, high), (low, high))
        self._curve.setData(gained.x, gained.y)
        self.set_marks(self._marks, gained, "leaf")
        self._fill_best(gained)
        there = len(gained.y) > 0 and run.view is None
        self._tag.setVisible(there)
        entries = self.forgotten.fill(run.view is None, low)
        if there:
            self._tag.say("your task", colors().leaf, signed(float(run.gained.y[-1])))
            entries.insert(0, (self._tag, float(gained.y[-1])))
        spread(self, entries)

    def _bounds(self, gained: Points) -> tuple[float, float]:
        parts = [within(gained, self.curves.view).y, np.array([0.0, 0.1])]
        if self._watched:
            parts.append(self.forgotten.folded(self.forgotten.heights()))
        low, high = bounds(parts, 0.1)
        height = self.getViewBox().height()
        high += LEAF_AIR * (high - low) / max(height, 4 * LEAF_AIR)
        if self._shows_tolerance:
            tolerance = self.guard.plan.tolerance * self.times
            low = min(low, -tolerance)
            needed = BAND_PX * (high - low) / max(height - BAND_PX, 3 * BAND_PX)
            low = min(low, -tolerance - needed)
        return low, high

    def _enlarged(self, gained: Points) -> float:
        """Return how large the forgotten side is drawn: small beside what was learnt, yet seen."""
        if not self._watched:
            return 1.0
        finite = gained.y[np.isfinite(gained.y)]
        up = max(float(finite.max(initial=0.0)), 0.1)
        down = max(float(-self.forgotten.heights().min()), 1e-3)
        if self._shows_tolerance:
            down = max(down, self.guard.plan.tolerance)
        wanted = LEAST_SHARE / (1 - LEAST_SHARE) * up / down
        return max((times for times in TIMES if times <= max(wanted, 1.0)), default=1.0)

    @property
    def _watched(self) -> bool:
        return self.guard.base is not None or len(self.guard.points) > 0

    @property
    def _shows_tolerance(self) -> bool:
        """Whether the tolerance is near enough to be drawn."""
        if not self._watched:
            return False
        gained = self.curves.gained.y
        seen = [0.1, *np.abs(gained[np.isfinite(gained)]), *np.abs(self.forgotten.heights())]
        return bool(self.guard.plan.tolerance <= FAR * max(seen))

    def _levels(self, low: float, high: float) -> list[tuple[float, str]]:
        shown = ticks(low, high) if len(self.curves.gained.y) else []
        levels = [(v, w) for v, w in tick_words(shown, sign=True) if v > 0 or self.times == 1]
        levels = [(v, w) for v, w in levels if v]
        if self.times > 1:
            below = [(v, w) for v, w in tick_words(ticks(low / self.times, 0.0, 3)) if v]
            levels = [*((v * self.times, w) for v, w in below), *levels]
        if self._shows_tolerance and self.guard.plan.tolerance:
            tolerance = self.guard.plan.tolerance
            edge = -tolerance * self.times
            air = NEAR_PX * (high - low) / max(self.getViewBox().height(), 4 * NEAR_PX)
            levels = [(v, w) for v, w in levels if abs(v - edge) > air]
            if -edge > air:  # else it would touch the base's own word
                levels.append((edge, f"{MINUS}{tolerance:g}"))
        return [(0.0, "base"), *levels]

    def tip_rows(self, step: int) -> list[tuple[str, str, str]]:
        gained = self.curves.gained
        if not len(gained.x) or step < gained.x[0]:
            return []
        nearest = int(np.searchsorted(gained.x, step, side="right")) - 1
        at = int(gained.x[nearest])
        rows = [("leaf", f"your task, step {at:,}", signed(float(gained.y[nearest]), 3))]
        return [*rows, *self.forgotten.rows(step)]

    def _fill_best(self, gained: Points) -> None:
        best, words = self._best_step()
        found = np.flatnonzero(gained.x == best) if best is not None else np.empty(0, dtype=int)
        self._best.setVisible(len(found) > 0)
        step_px, unit_px = self.per_px()
        self._best_tag.setVisible(False)
        if not len(found) or best is None:
            return
        self._best_tag.setVisible(bool((gained.x[-1] - best) / step_px > BEST_ROOM))
        height = float(gained.y[found[0]])
        self._best.setPos(best, height)
        self._best_tag.say(words, colors().leaf)
        self._best_tag.setPos(best + 4 * step_px, height - LINE_PX * unit_px)

    def _best_step(self) -> tuple[int | None, str]:
        """Return where the leaf sits: on the best balance where forgetting is measured."""
        best: Point | None = self.guard.best
        if best is not None and len(self.guard.points) > 1:
            return best.step, "best balance"
        return self.curves.best, "best"

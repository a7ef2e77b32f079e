"""The two plots of a run: loss, and what was gained and forgotten against the base."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.icons import icon
from studio.ui.look.theme import colors
from studio.ui.widgets.plotstyle import PlotTip, StyledPlot

NARROW = 600
"""Px of plot width under which labels are short."""
EDGE = -3.5
"""Steps left of zero that keep the mark at step 0 whole."""
STEPS = tuple((float(s), str(s)) for s in range(0, 251, 50))


@dataclass(frozen=True, slots=True)
class Curves:
    """The series of a run; steps are optimizer steps, losses are nats per token."""

    total: int
    now: int
    raw: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    eval_steps: tuple[int, ...]
    held_out: tuple[float, ...]
    gained: tuple[float, ...]
    general: tuple[float, ...]
    kept: frozenset[int]
    best: int
    guard: float


class LossPlot(StyledPlot):
    """Training loss raw and smoothed, and the loss on held-out rows."""

    def __init__(self, curves: Curves) -> None:
        self._curves = curves
        self._cross = 100
        super().__init__("Loss")
        self._tip = PlotTip(self)
        self.set_crosshair(self._cross)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    def _on_mouse_moved(self, spot: QPointF) -> None:
        self.set_crosshair(round(self.getViewBox().mapSceneToView(spot).x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move:
            self.set_crosshair(self._cross + move)
        else:
            super().keyPressEvent(event)

    def draw(self) -> None:
        run, c = self._curves, colors()
        levels = [(v, f"{v:.1f}") for v in (0.5, 1.0, 1.5, 2.0)]
        self.set_axes(STEPS, levels, (EDGE, run.total), (0.5, 2.3))
        self.now(run.now, run.total)
        steps = np.arange(len(run.raw))
        thin = QColor(c.lake)
        thin.setAlphaF(0.38)
        self.plot(steps, run.raw, pen=pg.mkPen(thin, width=1), antialias=True)
        self.plot(steps, run.smoothed, pen=paint.pen(c.lake, 2), antialias=True)
        self.marked(run.eval_steps, run.held_out, "leaf", run.kept)
        end = run.now + 2
        self.words((end, run.held_out[-1] + 0.03), "held-out", c.leaf, f"{run.held_out[-1]:.2f}")
        self.words((end, run.smoothed[-1] - 0.05), "training", c.lake, f"{run.smoothed[-1]:.2f}")
        self._line = pg.InfiniteLine(self._cross, pen=paint.pen(c.muted, 1, (3, 3)))
        self.addItem(self._line)

    def set_crosshair(self, step: int) -> None:
        """Move the crosshair and say the exact values there."""
        run = self._curves
        self._cross = step = max(0, min(run.now, step))
        self._line.setPos(step)
        held_out = np.interp(step, run.eval_steps, run.held_out)
        self._tip.say(
            f"Step {step} · 9 min 12 s",
            ("lake", "training", f"{run.smoothed[step]:.3f}"),
            ("leaf", "held-out", f"{held_out:.3f}"),
        )
        self._place_tip()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if hasattr(self, "_tip"):
            self._place_tip()

    def _place_tip(self) -> None:
        share = self._cross / self._curves.total
        left, room = 40, self.width() - 54
        self._tip.move(round(left + share * room) + 10, 10)


class ChangePlot(StyledPlot):
    """The task rises from the base's level, the general side sinks towards the guard."""

    def __init__(self, curves: Curves) -> None:
        self._curves, self._narrow = curves, False
        super().__init__("Gained and forgotten")
        self.setAccessibleDescription(
            f"Your task {curves.gained[-1]:+.2f}, general questions {curves.general[-1]:+.2f},"
            f" guard at {curves.guard:+.2f} nats per token against the base"
        )

    def draw(self) -> None:
        run, c = self._curves, colors()
        ticks = [(1.0, "+1.0"), (0.5, "+0.5"), (0.0, "base"), (run.guard, "−0.2")]
        self.set_axes(STEPS, ticks, (EDGE, run.total), (-0.32, 1.08))
        self.now(run.now, run.total)
        self.band(-0.4, run.guard, c.warning_tint, c.warning)
        self.level(0, c.slate, 2, (7, 4))
        self.marked(run.eval_steps, run.gained, "leaf", run.kept)
        self.marked(run.eval_steps, run.general, "clay", run.kept)
        self._best_leaf()
        guard = "guard stops here" + ("" if self._narrow else " and rolls back")
        end = run.now + 2
        self.words((end, run.gained[-1]), "your task", c.leaf, f"+{run.gained[-1]:.2f}")
        self.words((end, run.general[-1] + 0.03), "general", c.clay, f"−{-run.general[-1]:.2f}")
        self.words(
            (run.total, run.guard - 0.06),
            guard,
            c.warning,
            anchor=(1, 0.5),
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < NARROW
        if self._ready and narrow is not self._narrow:
            self._narrow = narrow
            self.redraw()

    def _best_leaf(self) -> None:
        run, c = self._curves, colors()
        height = run.gained[run.eval_steps.index(run.best)]
        leaf = pg.QtWidgets.QGraphicsPixmapItem(icon("leaf-solid", c.leaf, 18).pixmap(18, 18))
        leaf.setFlag(leaf.GraphicsItemFlag.ItemIgnoresTransformations)
        leaf.setOffset(-2, -19)
        leaf.setPos(run.best, height)
        self.addItem(leaf)
        self.words((run.best + 4, height - 0.11), "best balance", c.leaf)


class Spark(QWidget):
    """A small line without axes; the share not lived yet is dotted."""

    def __init__(
        self, name: str, values: NDArray[np.float64], lived: float = 1.0, share: float = 1.0
    ) -> None:
        super().__init__()
        self._values, self._lived, self._share = values, lived, share
        self.setAccessibleName(name)
        self.setMinimumHeight(26)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        area = QRectF(self.rect()).adjusted(1, 3, -1, -3)
        painter.setPen(paint.pen(c.grid))
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        top = float(self._values.max()) or 1.0
        step = area.width() * self._share / (len(self._values) - 1)
        points = [
            QPointF(area.left() + i * step, area.bottom() - float(v) / top * area.height())
            for i, v in enumerate(self._values)
        ]
        cut = max(2, round(len(points) * self._lived))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(paint.pen(c.bark, 1.2))
        painter.drawPolyline(points[:cut])
        painter.setPen(paint.pen(c.slate, 1.2, (3, 3)))
        painter.drawPolyline(points[cut - 1 :])

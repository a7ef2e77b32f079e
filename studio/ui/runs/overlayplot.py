"""The curves of several runs over one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent

from studio.app.runhistory import Floats
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.runs.series import series_pen
from studio.ui.widgets.plotstyle import MARKS, PlotTip, StyledPlot

MOST_POINTS = 2000
"""Points of a curve that are drawn; more than the pixels can show."""
MOST_TIP = 8
LEFT = 46
"""Px left of the plot, more where its figures are longer."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One run's curve.

    Attributes:
        name: the run's title.
        series: its colour, dash and mark.
        x: steps (n,).
        y: values (n,).
        is_marked: whether each point is drawn, as those of an evaluation are.
    """

    name: str
    series: str
    x: Floats
    y: Floats
    is_marked: bool = False


class OverlayPlot(StyledPlot):
    """Draws curves that share a measure; the crosshair tells all of them at a step."""

    def __init__(self) -> None:
        self._curves: tuple[Curve, ...] = ()
        self._decimals, self._unit = 3, ""
        self._tip: PlotTip | None = None
        self._step: float | None = None
        super().__init__("Curves of the chosen runs", width_left=LEFT)
        self.scene().sigMouseMoved.connect(self._on_mouse_moved)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is drawn."""
        return self._curves

    def show_curves(self, curves: Sequence[Curve], decimals: int = 3, unit: str = "") -> None:
        """Show these curves; decimals and unit are those of the crosshair's values."""
        self._curves, self._decimals, self._unit = tuple(curves), decimals, unit
        self.redraw()
        told = ", ".join(f"{c.name} ends at {self._words(_last(c))}" for c in curves if len(c.y))
        self.setAccessibleDescription(told)

    def draw(self) -> None:
        self.setBackground(colors().surface)
        if self._tip is None:
            self._tip = PlotTip(self)
        self._tip.hide()
        self._line = pg.InfiniteLine(0, pen=paint.pen(colors().muted, 1, (3, 3)))
        self._line.hide()
        self.addItem(self._line)
        shown = [curve for curve in self._curves if np.isfinite(curve.y).any()]
        if shown:
            self._scale(shown)
        for curve in reversed(shown):  # the first ones above the others
            self._add(curve)

    def _scale(self, curves: list[Curve]) -> None:
        last = max(1.0, *(float(curve.x[-1]) for curve in curves))
        values = np.concatenate([curve.y[np.isfinite(curve.y)] for curve in curves])
        low, high = float(values.min()), float(values.max())
        room = (high - low or abs(high) or 1.0) * 0.06
        ticks = _ticks(low - room, high + room, 5)
        decimals = max(0, min(7, -_exponent(ticks[1] - ticks[0]))) if len(ticks) > 1 else 3
        words = [f"{value:,.{decimals}f}" for value in ticks]
        font = fonts.font(Role.CAPTION)
        wide = max((paint.width(each, font) for each in words), default=0.0)
        self.getAxis("left").setWidth(max(LEFT, round(wide) + 14))
        self.set_axes(
            [(step, f"{step:,.0f}") for step in _ticks(0, last, 8) if step == round(step)],
            list(zip(ticks, words, strict=True)),
            (-0.012 * last, last * 1.012),
            (low - room, high + room),
        )

    def _add(self, curve: Curve) -> None:
        x, y = _thinned(curve)
        pen = series_pen(curve.series)
        self.plot(x, y, pen=pen, connect="finite", antialias=True)
        if curve.is_marked and len(x) <= MOST_POINTS and curve.series in MARKS:
            edge = paint.pen(getattr(colors(), curve.series), 1.6)
            self.plot(
                x,
                y,
                pen=None,
                symbol=MARKS[curve.series],
                symbolSize=8,
                symbolPen=edge,
                symbolBrush=QColor(colors().surface),
                antialias=True,
            )

    # crosshair

    def _on_mouse_moved(self, spot: QPointF) -> None:
        box = self.getViewBox()
        inside = box.sceneBoundingRect().contains(spot)
        self.set_cross(box.mapSceneToView(spot).x() if inside else None)

    def leaveEvent(self, event: object) -> None:
        super().leaveEvent(event)
        self.set_cross(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        last = max((float(c.x[-1]) for c in self._curves if len(c.x)), default=0.0)
        if move and last:
            self.set_cross((last if self._step is None else self._step) + move * max(1, last / 100))
        elif event.key() == Qt.Key.Key_Escape and self._step is not None:
            self.set_cross(None)
        else:
            super().keyPressEvent(event)

    def _words(self, value: float) -> str:
        return f"{value:,.{self._decimals}f}{self._unit}" if np.isfinite(value) else "not a number"

    def set_cross(self, step: float | None) -> None:
        """Move the crosshair to a step, or take it away."""
        known = [c for c in self._curves if len(c.x)]
        tip = self._tip
        assert tip is not None
        shown = step is not None and bool(known)
        self._step = (
            max(0.0, min(step, *(c.x[-1] for c in known), step)) if shown and step else step
        )
        self._line.setVisible(shown)
        tip.setVisible(shown)
        if not shown or step is None:
            return
        self._line.setPos(step)
        rows = [(c.series, c.name[:40], self._words(_at(c, step))) for c in known[:MOST_TIP]]
        tip.say(f"Step {max(0, round(step)):,}", *rows)
        spot = round(self.getViewBox().mapViewToScene(QPointF(step, 0)).x())
        fits = spot + 10 + tip.width() <= self.width() - 4
        tip.move(spot + 10 if fits else max(0, spot - 10 - tip.width()), 10)


def _at(curve: Curve, step: float) -> float:
    """Return the value at the point next to a step."""
    return float(curve.y[int(np.argmin(np.abs(curve.x - step)))])


def _last(curve: Curve) -> float:
    return float(curve.y[-1])


def _thinned(curve: Curve) -> tuple[Floats, Floats]:
    """Return a curve's points, of more than can be shown the lowest and highest of each stretch."""
    n = len(curve.x)
    if n <= MOST_POINTS:
        return curve.x, curve.y
    each = -(-n // (MOST_POINTS // 2))
    keep: list[int] = []
    for start in range(0, n, each):
        piece = curve.y[start : start + each]
        if np.isfinite(piece).any():
            keep += sorted({start + int(np.nanargmin(piece)), start + int(np.nanargmax(piece))})
        else:
            keep.append(start)
    return curve.x[keep], curve.y[keep]


def _ticks(low: float, high: float, most: int) -> list[float]:
    """Return round values between two others, at most about that many."""
    raw = max((high - low) / most, 1e-12)
    power = 10.0 ** _exponent(raw)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    first = np.ceil(low / step)
    return [float(step * k) + 0.0 for k in np.arange(first, np.floor(high / step) + 1)]


def _exponent(value: float) -> int:
    return int(np.floor(np.log10(abs(value)))) if value else 0

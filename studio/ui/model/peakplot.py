"""The plot of predicted against measured peaks: on the line, the prediction was right."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent

from studio.core.peakrecord import PeakRecord
from studio.core.units import GIB, day, gib, signed
from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.widgets.plotstyle import MARKS, PlotTip, StyledPlot, Ticks

NEAR = 18
"""Px from the pointer to a point that is still named."""
SERIES = {"run": "leaf", "measurement": "clay"}
NAMES = {"run": "run", "measurement": "two steps"}
NAME = 40
"""Characters of a run's name in the box."""
_GOOD = 0.05
"""Half the width of the band in which a prediction was right."""


class PeakPlot(StyledPlot):
    """One mark a record, both axes logarithmic in GiB; hover or the arrow keys name one."""

    def __init__(self) -> None:
        self._records: tuple[PeakRecord, ...] = ()
        self._at = -1
        super().__init__("Predicted against measured peak", width_left=58)
        self.setMouseTracking(True)
        self._tip = PlotTip(self)
        self._tip.hide()

    def set_records(self, records: Sequence[PeakRecord]) -> None:
        """Show other records, in any order."""
        self._records = tuple(sorted(records, key=lambda record: record.predicted))
        self._at = -1
        self.setAccessibleDescription("; ".join(_words(record) for record in self._records[-20:]))
        self.redraw()

    def draw(self) -> None:
        """Put in the diagonal, the band around it and the marks."""
        if not self._records:
            return
        low, high = self._range()
        ticks = _ticks(low, high)
        self.set_axes(ticks, ticks, (low, high), (low, high))
        self.getAxis("bottom").setLabel(None)
        c = colors()
        ends, off = [low, high], math.log10(1 + _GOOD)
        above = pg.PlotCurveItem(ends, [low + off, high + off], pen=pg.mkPen(None))
        below = pg.PlotCurveItem(ends, [low - off, high - off], pen=pg.mkPen(None))
        shade = QColor(c.leaf)
        shade.setAlphaF(0.14)
        for item in (above, below, pg.FillBetweenItem(above, below, brush=shade)):
            item.setZValue(-15)
            self.addItem(item)
        self.plot(ends, ends, pen=paint.pen(c.border_strong, 1.4, (5, 4)), antialias=True)
        for kind, series in SERIES.items():
            self._draw_marks([r for r in self._records if r.kind == kind], series)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self._name(self._nearest(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._name(-1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_Left: -1}
        if event.key() not in steps or not self._records:
            super().keyPressEvent(event)
            return
        last = len(self._records) - 1
        start = self._at if self._at >= 0 else (-1 if event.key() == Qt.Key.Key_Right else last + 1)
        self._name(min(max(start + steps[Qt.Key(event.key())], 0), last))

    def _draw_marks(self, records: list[PeakRecord], series: str) -> None:
        if not records:
            return
        tone = QColor(getattr(colors(), series))
        fill = QColor(tone)
        fill.setAlphaF(0.35)
        self.plot(
            [_place(record.predicted) for record in records],
            [_place(record.measured) for record in records],
            pen=None,
            symbol=MARKS[series],
            symbolSize=9,
            symbolPen=paint.pen(tone.name(), 1.6),
            symbolBrush=fill,
            antialias=True,
        )

    def _range(self) -> tuple[float, float]:
        places = [_place(size) for r in self._records for size in (r.predicted, r.measured)]
        low, high = min(places), max(places)
        air = max(0.08, 0.12 * (high - low))
        return low - air, high + air

    def _nearest(self, spot: QPointF) -> int:
        found, least = -1, float(NEAR)
        for number, record in enumerate(self._records):
            away = self._spot(record) - spot
            if (distance := math.hypot(away.x(), away.y())) < least:
                found, least = number, distance
        return found

    def _spot(self, record: PeakRecord) -> QPointF:
        place = QPointF(_place(record.predicted), _place(record.measured))
        return QPointF(self.mapFromScene(self.getViewBox().mapViewToScene(place)))

    def _name(self, number: int) -> None:
        """Show the box of a record beside its mark; none for a negative number."""
        self._at = number
        self._tip.setVisible(number >= 0)
        if number < 0:
            return
        record = self._records[number]
        series = SERIES[record.kind]
        self._tip.say(
            record.name[:NAME],
            (series, "measured", gib(record.measured, 2)),
            (series, "predicted", gib(record.predicted, 2)),
            (series, "off", f"{signed(100 * record.off, 1)}\u00a0%"),
            (series, NAMES[record.kind], _when(record.time)),
        )
        spot = self._spot(record)
        x = spot.x() + 14
        if x + self._tip.width() > self.width():
            x = spot.x() - 14 - self._tip.width()
        y = min(max(spot.y() - self._tip.height() / 2, 0), self.height() - self._tip.height())
        self._tip.move(round(max(x, 0)), round(y))
        self._tip.raise_()


def _place(size: int) -> float:
    return math.log10(size / GIB)


def _ticks(low: float, high: float) -> Ticks:
    """Return ticks at round numbers of GiB, no more than fit."""
    found = []
    for power in range(math.floor(low) - 1, math.ceil(high) + 1):
        for digit in (1, 1.5, 2, 3, 5, 7):
            value = digit * 10**power
            if low <= math.log10(value) <= high:
                found.append((math.log10(value), f"{value:.3g} GiB"))
    every = -(-len(found) // 8) or 1
    return found[::every]


def _when(seconds: float) -> str:
    if seconds <= 0:
        return ""
    try:
        then = time.localtime(seconds)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"{day(then)} {then.tm_year}, {time.strftime('%H:%M', then)}"


def _words(record: PeakRecord) -> str:
    off = f"{signed(100 * record.off, 1)} %"
    return (
        f"{record.name}: predicted {gib(record.predicted)}, measured {gib(record.measured)}, {off}"
    )

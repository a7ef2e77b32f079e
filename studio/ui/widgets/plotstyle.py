"""The style of every plot: no frame, axis below, quiet grid, marks and dashes beside colour."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFocusEvent, QFont, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL

Ticks = Sequence[tuple[float, str]]
MARKS = {"leaf": "o", "clay": "s", "lake": "t1", "plum": "d"}
"""The mark that always goes with a series."""


class StyledPlot(pg.PlotWidget):  # type: ignore[misc]
    """A plot that draws itself anew in the colours in force; subclasses fill draw."""

    _ready = False

    def __init__(self, name: str, width_left: int = 40) -> None:
        super().__init__(background=None)
        self.setAccessibleName(name)
        self.setFrameShape(self.Shape.NoFrame)
        self.setMenuEnabled(False)
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.getPlotItem().layout.setContentsMargins(0, 6, 14, 0)
        self.getAxis("left").setWidth(width_left)
        self.getAxis("bottom").setHeight(24)
        self._ring = _FocusFrame(self)
        self._ready = True
        self.redraw()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._ring.follow()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._ring.hide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._ready and self._ring.isVisible():
            self._ring.follow()

    def draw(self) -> None:
        """Put the curves in; the plot is empty and styled."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Empty the plot, style it and draw."""
        self._inked = colors()
        self.clear()
        self._style_axes()
        self.draw()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        changed = event.type() is QEvent.Type.PaletteChange and self._ready
        if changed and colors() is not self._inked:  # each new parent tells of a palette too
            self.redraw()

    def _style_axes(self) -> None:
        c = colors()
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setStyle(
                tickFont=fonts.font(Role.CAPTION),
                tickLength=0,
                tickTextOffset=6,
                hideOverlappingLabels=False,
            )
            axis.setTextPen(c.muted)
        self.getAxis("left").setPen(None)
        self.getAxis("bottom").setPen(c.border_strong)

    def set_axes(
        self, x: Ticks, y: Ticks, across: tuple[float, float], up: tuple[float, float]
    ) -> None:
        """Fix ticks and ranges, and draw the grid at the ticks of y."""
        self.getAxis("bottom").setTicks([list(x)])
        self.getAxis("left").setTicks([list(y)])
        self.setXRange(*across, padding=0)
        self.setYRange(*up, padding=0)
        for value, _ in y:
            self.level(value, colors().grid)

    def level(
        self, value: float, colour: str, width: float = 1, dashes: tuple[float, ...] = ()
    ) -> None:
        """Draw a horizontal line through the whole plot."""
        line = pg.InfiniteLine(value, angle=0, pen=paint.pen(colour, width, dashes))
        line.setZValue(-10)
        self.addItem(line)

    def band(self, low: float, high: float, fill: str, edge: str) -> None:
        """Fill a horizontal band and draw its upper edge."""
        region = pg.LinearRegionItem(
            (low, high), "horizontal", brush=QColor(fill), pen=pg.mkPen(None), movable=False
        )
        region.setZValue(-20)
        self.addItem(region)
        self.level(high, edge, 1.2)

    def now(self, step: float, end: float) -> None:
        """Draw the present, and shade what has not happened yet."""
        c = colors()
        shade = QColor(c.bg)
        shade.setAlphaF(0.6)
        region = pg.LinearRegionItem((step, end), brush=shade, pen=pg.mkPen(None), movable=False)
        region.setZValue(-30)
        self.addItem(region)
        self.addItem(pg.InfiniteLine(step, pen=paint.pen(c.text, 1)))

    def words(
        self,
        spot: tuple[float, float],
        text: str,
        colour: str,
        value: str = "",
        anchor: tuple[float, float] = (0, 0.5),
    ) -> None:
        """Write a name in its colour, and a value in the colour of text, at a place of the data."""
        body = f'<span style="color:{colour}">{escape(text)}</span>'
        if value:
            body += f'&nbsp; <span style="color:{colors().text}">{escape(value)}</span>'
        item = pg.TextItem(html=body, anchor=anchor)
        item.setFont(fonts.font(Role.CAPTION, fonts.BOLD))
        item.setPos(*spot)
        self.addItem(item)

    def marked(
        self,
        x: Sequence[float],
        y: Sequence[float],
        series: str,
        kept: frozenset[int] = frozenset(),
    ) -> None:
        """Draw a series with its mark; filled where a checkpoint is kept."""
        c = colors()
        tone = QColor(getattr(c, series))
        brushes = [tone if step in kept else QColor(c.surface) for step in x]
        self.plot(x, y, pen=paint.pen(tone.name(), 2), antialias=True)
        self.plot(
            x,
            y,
            pen=None,
            symbol=MARKS[series],
            symbolSize=8,
            symbolPen=paint.pen(tone.name(), 1.6),
            symbolBrush=brushes,
            antialias=True,
        )


class _FocusFrame(QWidget):
    """The focus ring inside a plot's edge, above what is drawn."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def follow(self) -> None:
        """Lie over the whole plot."""
        owner = self.parentWidget()
        assert owner is not None
        self.setGeometry(owner.rect())
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        ring = paint.pen(colors().focus, 2)
        paint.box(paint.smooth(QPainter(self)), QRectF(self.rect()), RADIUS_CONTROL, edge=ring)


class PlotTip(QWidget):
    """The raised box of exact values beside the crosshair."""

    def __init__(self, owner: QWidget) -> None:
        super().__init__(owner)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._title = ""
        self._rows: tuple[tuple[str, str, str], ...] = ()

    def say(self, title: str, *rows: tuple[str, str, str]) -> None:
        """Show a title and rows of (series, name, value)."""
        self._title, self._rows = title, rows
        plain, bold = fonts.font(Role.CAPTION), fonts.font(Role.CAPTION, fonts.BOLD)
        lines = [paint.width(name + value, plain) + 56 for _, name, value in rows]
        wide = max(144, paint.width(title, bold) + 24, *lines)
        self.resize(round(wide), 28 + 18 * len(rows))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        paint.box(painter, QRectF(self.rect()), 6, c.raised, c.border_strong)
        bold = fonts.font(Role.CAPTION, fonts.BOLD)
        paint.text(painter, QRectF(10, 5, self.width() - 20, 18), self._title, bold, c.text)
        for index, (series, name, value) in enumerate(self._rows):
            row = QRectF(10, 23 + 18 * index, self.width() - 20, 18)
            paint_series(painter, QRectF(row.x(), row.y(), 12, 18), series)
            plain = fonts.font(Role.CAPTION)
            paint.text(painter, row.adjusted(18, 0, 0, 0), name, plain, c.muted)
            paint.text(painter, row, value, plain, c.text, paint.RIGHT)


def paint_series(painter: QPainter, area: QRectF, series: str) -> None:
    """Draw the sign of a series as a legend shows it: line, dash and mark."""
    c, middle = colors(), area.center()
    tone = getattr(c, series)
    dashes = (5.0, 3.0) if series == "slate" else ()
    painter.setPen(paint.pen(tone, 2, dashes))
    painter.drawLine(QPointF(area.left(), middle.y()), QPointF(area.right(), middle.y()))
    painter.setPen(paint.pen(tone, 1.6))
    painter.setBrush(QColor(c.surface if series == "leaf" else tone))
    if series == "leaf":
        painter.drawEllipse(middle, 3.2, 3.2)
    elif series == "clay":
        painter.drawRect(QRectF(middle.x() - 3, middle.y() - 3, 6, 6))


class Legend(QWidget):
    """The names of the series with their signs, for a card's header."""

    def __init__(self, *entries: tuple[str, str]) -> None:
        super().__init__()
        self._entries = entries
        self._font: QFont = fonts.font(Role.SMALL)
        wide = sum(18 + 6 + paint.width(name, self._font) + 12 for _, name in entries)
        self.setMinimumSize(0, 20)
        self._wide = round(wide)
        self.resize(self._wide, 20)
        self.setFixedWidth(self._wide)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, x = paint.smooth(QPainter(self)), 0.0
        for series, name in self._entries:
            paint_series(painter, QRectF(x, 0, 18, self.height()), series)
            area = QRectF(x + 24, 0, self._wide - x, self.height())
            x += 24 + 12 + paint.text(painter, area, name, self._font, colors().muted)

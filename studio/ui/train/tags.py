"""The words at the end of a curve: its name in its colour, its last value in that of text."""

from __future__ import annotations

from html import escape

import pyqtgraph as pg
from PySide6.QtGui import QColor

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.train.runplot import RunPlot

LINE_PX = 16
"""Height of one line of words."""
GROUND = 0.82
"""How much of what lies behind words is covered."""


class Tag(pg.TextItem):  # type: ignore[misc]
    """Words in a plot; they are set anew only when they change, since that is slow."""

    def __init__(self, *, ground: bool = True) -> None:
        super().__init__(html="", anchor=(0, 0.5))
        self._body = ""
        if ground:  # lines behind words would strike them through
            tone = QColor(colors().surface)
            tone.setAlphaF(GROUND)
            self.fill = pg.mkBrush(tone)
        self.setFont(fonts.font(Role.CAPTION, fonts.BOLD))
        self.setZValue(20)

    def say(self, name: str, colour: str, value: str = "") -> None:
        """Show a name in its colour, and a value in that of text."""
        body = f'<span style="color:{colour}">{escape(name)}</span>'
        if value:
            body += f'&nbsp; <span style="color:{colors().text}">{escape(value)}</span>'
        if body != self._body:
            self._body = body
            self.setHtml(body)


def spread(plot: RunPlot, entries: list[tuple[Tag, float]]) -> None:
    """Put words behind the present, and so that none covers another.

    Args:
        plot: the plot they belong to.
        entries: words with the height of their curve's end, in units of the plot.
    """
    step_px, unit_px = plot.per_px()
    x = plot.curves.now + 10 * step_px
    (_, _), (low, high) = plot.getViewBox().viewRange()
    half = 0.5 * LINE_PX * unit_px
    order = sorted(entries, key=lambda entry: -entry[1])
    heights = [height for _, height in order]
    for index in range(1, len(heights)):
        heights[index] = min(heights[index], heights[index - 1] - LINE_PX * unit_px)
    sunk = low + half - heights[-1] if heights else 0.0
    shift = max(0.0, sunk)
    for (tag, _), height in zip(order, heights, strict=True):
        tag.setPos(x, min(height + shift, high - half))

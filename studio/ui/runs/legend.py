"""The names of the runs that are drawn, each with its sign, in as many lines as they need."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.runs.series import paint_sign

LINE = 22
SIGN = 22
GAP = 18
LONGEST = 240
"""Px of a name before it is cut."""
MOST_LINES = 3


class RunsLegend(QWidget):
    """Paints (series, name) pairs from left to right."""

    def __init__(self) -> None:
        super().__init__()
        self._entries: tuple[tuple[str, str], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        """Show these names."""
        self._entries = tuple(entries)
        self.setAccessibleName(", ".join(name for _, name in entries))
        self._fit()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, LINE)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def _fit(self) -> None:
        lines = min(max((line for line, *_ in self._places()), default=0) + 1, MOST_LINES)
        self.setFixedHeight(lines * LINE if self._entries else 0)

    def _places(self) -> list[tuple[int, float, float]]:
        """Return line, left edge and width of each entry, in px."""
        font, found, line, x = fonts.font(Role.SMALL), [], 0, 0.0
        for _, name in self._entries:
            wide = SIGN + 6 + min(paint.width(name, font), LONGEST)
            if x and x + wide > self.width():
                line, x = line + 1, 0.0
            found.append((line, x, min(wide, max(self.width() - x, 1))))
            x += wide + GAP
        return found

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        for (series, name), (line, x, wide) in zip(self._entries, self._places(), strict=True):
            paint_sign(painter, QRectF(x, line * LINE, SIGN, LINE), series)
            area = QRectF(x + SIGN + 6, line * LINE, wide - SIGN - 6, LINE)
            paint.text(painter, area, name, fonts.font(Role.SMALL), colors().text)

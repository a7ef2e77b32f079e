"""Short facts in a row; those that find no room go on a line of their own, none is cut."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import plain_tip

GAP = 10
"""Px between two facts."""
LINE = 18
LEAST = 28
"""Px of a single line: a button stands beside it."""


class FactLine(QWidget):
    """Facts such as "49 tokens" and "ended by itself"; only one wider than the line is cut."""

    def __init__(self) -> None:
        super().__init__()
        self._facts: tuple[str, ...] = ()
        self._lines: list[list[str]] = []
        self.setFont(fonts.font(Role.SMALL))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_facts(self, facts: Sequence[str], whole: str = "") -> None:
        """Show other facts; the tooltip says them in whole sentences, if there are any."""
        if self._facts != tuple(facts):
            self._facts = tuple(facts)
            self.setAccessibleName(self.text())
            self._fold()
        self.setToolTip(plain_tip(whole or self.text()))

    def text(self) -> str:
        """Return the facts as one line."""
        return "   ".join(self._facts)

    @property
    def lines(self) -> list[list[str]]:
        """The facts of each line, at the width in hand."""
        return self._lines

    def sizeHint(self) -> QSize:
        return QSize(200, max(LEAST, LINE * len(self._lines) + LEAST - LINE))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fold()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._fold()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, ink = QPainter(self), colors().muted
        top = (LEAST - LINE) / 2
        for number, facts in enumerate(self._lines):
            left, middle = 0.0, top + number * LINE
            for fact in facts:
                area = QRectF(left, middle, self.width() - left, LINE)
                left += paint.text(painter, area, fact, self.font(), ink) + GAP

    def _fold(self) -> None:
        """Lay the facts out anew."""
        before, metrics, left = len(self._lines), QFontMetricsF(self.font()), 0.0
        self._lines = []
        for fact in self._facts:
            wide = metrics.horizontalAdvance(fact)
            if self._lines and left + wide <= self.width():
                self._lines[-1].append(fact)
            else:
                self._lines.append([fact])
                left = 0.0
            left += wide + GAP
        if len(self._lines) != before:
            self.updateGeometry()
        self.update()

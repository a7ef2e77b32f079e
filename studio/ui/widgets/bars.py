"""Counts as bars: lying ones with words, and standing ones over an axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import plain_tip

LINE = 24
"""Px from one lying bar to the next."""
BAR = 8
AXIS = 18
NAMES = 0.42
"""Share of the width that names may take."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: what it is of, how long it is, and the number as words.

    Attributes:
        tone: the name of a colour.
    """

    name: str
    value: float
    words: str
    tone: str = "embeddings"


class Bars(QWidget):
    """Lying bars below each other; the longest takes the width."""

    def __init__(self, name: str, empty: str = "Nothing to show") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._bars: tuple[Bar, ...] = ()
        self._empty = empty
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.set_bars(())

    def set_bars(self, bars: Sequence[Bar]) -> None:
        """Show other bars."""
        self._bars = tuple(bars)
        said = "; ".join(f"{bar.name}: {bar.words}" for bar in self._bars)
        self.setAccessibleDescription(said or self._empty)
        self.updateGeometry()
        self.update()

    @property
    def bars(self) -> tuple[Bar, ...]:
        """What is shown."""
        return self._bars

    def sizeHint(self) -> QSize:
        return QSize(260, round(max(len(self._bars), 1) * self._line) + 2)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    @property
    def _line(self) -> float:
        return LINE * max(fonts.user_scale(), 1.0)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            at = int(event.pos().y() / self._line)
            there = 0 <= at < len(self._bars)
            tip = f"{self._bars[at].name}\n{self._bars[at].words}" if there else ""
            QToolTip.showText(event.globalPos(), plain_tip(tip), self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, font = paint.smooth(QPainter(self)), colors(), fonts.font(Role.SMALL)
        if not self._bars:
            paint.text(painter, QRectF(self.rect()), self._empty, font, c.muted)
            return
        wide = max(paint.width(bar.words, font) for bar in self._bars) + 2
        names = min(max(paint.width(bar.name, font) for bar in self._bars), self.width() * NAMES)
        left, room = names + 12, max(self.width() - names - wide - 24, 20)
        top = max(bar.value for bar in self._bars) or 1
        for at, bar in enumerate(self._bars):
            y = at * self._line
            paint.text(painter, QRectF(0, y, names, self._line), bar.name, font, c.text)
            long = max(bar.value / top * room, 2 if bar.value else 0)
            area = QRectF(left, y + (self._line - BAR) / 2, long, BAR)
            painter.fillRect(area, QColor(getattr(colors(), bar.tone)))
            words = QRectF(left + long + 8, y, wide + 2, self._line)
            paint.text(painter, words, bar.words, font, c.muted)


class Columns(QWidget):
    """Standing bars over an axis of whole numbers; the one under the pointer is told."""

    def __init__(self, name: str, unit: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._unit = unit
        self._edges: tuple[int, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._over = -1
        self.setMouseTracking(True)
        self.setMinimumSize(160, 74)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_counts(self, edges: Sequence[int], counts: Sequence[int], said: str) -> None:
        """Show how many rows are between two edges each; said is the same in words."""
        self._edges, self._counts, self._over = tuple(edges), tuple(counts), -1
        self.setAccessibleDescription(said)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, 84)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        share = event.position().x() / max(self.width(), 1)
        at = int(share * len(self._counts))
        if at != self._over and 0 <= at < len(self._counts):
            self._over = at
            low, high = self._edges[at], self._edges[at + 1] - 1
            rows = self._counts[at]
            words = f"{low:,} to {high:,} {self._unit}: {rows:,} {'row' if rows == 1 else 'rows'}"
            self.setToolTip(plain_tip(words))
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._over = -1
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, font = QPainter(self), colors(), fonts.font(Role.CAPTION)
        top = max(self._counts, default=0)
        if not top:
            words = "Nothing counted yet"
            paint.text(painter, QRectF(self.rect()), words, font, c.muted, paint.CENTRE)
            return
        floor = self.height() - AXIS
        step = self.width() / len(self._counts)
        for at, count in enumerate(self._counts):
            high = max(count / top * (floor - 4), 1.5 if count else 0)
            tone = c.frozen if at == self._over else c.embeddings
            area = QRectF(at * step, floor - high, max(step - 1, 1), high)
            painter.fillRect(area, QColor(tone))
        painter.setPen(paint.pen(c.border_strong))
        painter.drawLine(QPointF(0, floor), QPointF(self.width(), floor))
        for at in range(0, len(self._counts), max(1, len(self._counts) // 4)):
            words = f"{self._edges[at]:,}"
            area = QRectF(at * step, floor + 2, paint.width(words, font) + 2, AXIS - 2)
            if area.right() <= self.width():
                paint.text(painter, area, words, font, c.muted, paint.LEFT)

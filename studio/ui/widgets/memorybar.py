"""The memory bar: every part of the card's memory in its place, predictions as a bracket."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint, tokens
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan

TOP = 20
BAR = 34
HEIGHT = TOP + BAR + 24
SIDE = 2


def part_brush(part: MemoryPart) -> object:
    """Return what fills a part: its colour, or a hatch for what is not ours."""
    c = colors()
    return paint.hatch(c.others, c.others_hatch) if part.tone == "others" else getattr(c, part.tone)


class MemoryBar(QWidget):
    """The parts stacked against the card; pointer and arrow keys choose one.

    Signals:
        part_chosen(int): index of the part, -1 for none.
    """

    part_chosen = Signal(int)

    def __init__(self, plan: MemoryPlan) -> None:
        super().__init__()
        self._plan, self._chosen = plan, -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Memory")
        self.setAccessibleDescription(plan.spoken())

    def sizeHint(self) -> QSize:
        return QSize(800, HEIGHT)

    def choose(self, index: int) -> None:
        """Mark a part and say what it is; -1 marks none."""
        if index == self._chosen:
            return
        self._chosen = index
        part = self._plan.parts[index] if index >= 0 else None
        self.setAccessibleDescription(part.spoken() if part else self._plan.spoken())
        self.setToolTip(part.spoken() if part else "")
        self.update()
        self.part_chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move:
            self.choose((self._chosen + move) % len(self._plan.parts))
        elif event.key() == Qt.Key.Key_Escape and self._chosen >= 0:
            self.choose(-1)
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        spot = event.position()
        hits = (i for i, (_, area) in enumerate(self._areas()) if area.contains(spot))
        self.choose(next(hits, -1))

    def leaveEvent(self, event: QEvent) -> None:
        self.choose(-1)

    def _x(self, gib: float) -> float:
        span = max(self._plan.card_gib, self._plan.total_gib)
        return SIDE + gib / span * (self.width() - 2 * SIDE)

    def _areas(self) -> Iterator[tuple[MemoryPart, QRectF]]:
        """Yield each part with its rectangle in px, 1 px apart."""
        at = 0.0
        for part in self._plan.parts:
            left, right = self._x(at), self._x(at + part.gib)
            yield part, QRectF(left, TOP + 1, max(1.0, right - left - 1), BAR - 2)
            at += part.gib

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        free = QRectF(self._x(0), TOP, self._x(self._plan.card_gib) - self._x(0), BAR)
        paint.box(painter, free.adjusted(-1, 0, 0, 0), 0, c.sunken, c.border_strong)
        for index, (part, area) in enumerate(self._areas()):
            painter.fillRect(area.adjusted(0, 0, 1, 0), QColor(c.surface))
            brush = part_brush(part)
            painter.fillRect(area, QColor(brush) if isinstance(brush, str) else brush)
            self._paint_label(painter, part, area)
            if index == self._chosen:
                paint.box(painter, area.adjusted(-1, -1, 1, 1), 0, edge=paint.pen(c.text, 2))
        self._paint_over(painter)
        self._paint_bracket(paint.smooth(painter))
        self._paint_axis(painter)
        if self.hasFocus():
            ring = paint.pen(c.focus, 2)
            paint.box(painter, free.adjusted(-3, -4, 3, 4), tokens.RADIUS_BADGE, edge=ring)

    def _paint_label(self, painter: QPainter, part: MemoryPart, area: QRectF) -> None:
        font = fonts.font(Role.CAPTION, fonts.BOLD)
        if part.tone == "others" or paint.width(part.name, font) + 16 > area.width():
            return
        ink = tokens.ink_on(getattr(colors(), part.tone))
        paint.text(painter, area.adjusted(8, 0, -4, 0), part.name, font, ink)

    def _paint_over(self, painter: QPainter) -> None:
        """Frame what lies past the card's end."""
        if self._plan.total_gib > self._plan.card_gib:
            end = self._x(self._plan.card_gib)
            area = QRectF(end, TOP - 1, self._x(self._plan.total_gib) - end, BAR + 2)
            paint.box(painter, area, 0, edge=paint.pen(colors().danger, 2))

    def _paint_bracket(self, painter: QPainter) -> None:
        low, high = (self._x(v) for v in self._plan.range_gib)
        painter.setPen(paint.pen(colors().text, 1.8))
        for x in (low, high):
            painter.drawLine(QPointF(x, 7), QPointF(x, 15))
        painter.drawLine(QPointF(low, 11), QPointF(high, 11))

    def _paint_axis(self, painter: QPainter) -> None:
        c, card = colors(), self._plan.card_gib
        over = self._plan.total_gib > card
        end = self._x(card)
        painter.fillRect(QRectF(end - 1, 6, 2, TOP + BAR - 4), QColor(c.danger if over else c.text))
        for gib in range(0, int(card) + 1, 2):
            x, last = self._x(gib), gib + 2 > card
            if not last and gib:
                painter.fillRect(QRectF(x, TOP + BAR, 1, 4), QColor(c.border_strong))
            words = f"{gib} GiB" if last else str(gib)
            font = fonts.font(Role.CAPTION, fonts.BOLD if last else fonts.REGULAR)
            side = paint.RIGHT if last else paint.CENTRE if gib else paint.LEFT
            left = x - 58 if last else x - 30 if gib else x
            area = QRectF(left, TOP + BAR + 5, 60, 16)
            paint.text(painter, area, words, font, c.text if last else c.muted, side)

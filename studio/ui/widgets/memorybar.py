"""The memory bar: every part of the card's memory in its place, predictions as a bracket."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint, tokens
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan
from studio.ui.widgets.parts import plain_tip

TOP = 20
BAR = 34
HEIGHT = TOP + BAR + 24
SIDE = 2
STEPS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)
"""GiB between two numbers of the axis."""


def part_brush(part: MemoryPart) -> QBrush:
    """Return what fills a part: its colour, or a hatch for what is not ours."""
    c = colors()
    if part.tone == "others":
        return paint.hatch(c.others, c.others_hatch)
    return QBrush(QColor(getattr(c, part.tone)))


class MemoryBar(QWidget):
    """The parts stacked against the card; pointer and arrow keys choose one.

    Signals:
        part_chosen(int): index of the part, -1 for none.
    """

    part_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._plan, self._chosen = MemoryPlan((), 0.0, (0.0, 0.0)), -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(320)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Memory")

    def set_plan(self, plan: MemoryPlan) -> None:
        """Show another plan; the chosen part stays chosen if it is still there."""
        if plan == self._plan:
            return
        self._plan = plan
        if self._chosen >= len(plan.parts):
            self._chosen = -1
        self._describe()
        self.update()

    def _describe(self) -> None:
        part = self._plan.parts[self._chosen] if self._chosen >= 0 else None
        self.setAccessibleDescription(part.spoken() if part else self._plan.spoken())
        self.setToolTip(plain_tip(part.spoken()) if part else "")

    def sizeHint(self) -> QSize:
        return QSize(800, HEIGHT)

    def choose(self, index: int) -> None:
        """Mark a part and say what it is; -1 marks none."""
        if index == self._chosen:
            return
        self._chosen = index
        self._describe()
        self.update()
        self.part_chosen.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move and self._plan.parts:
            before = self._chosen if self._chosen >= 0 else min(-move, 0)
            self.choose((before + move) % len(self._plan.parts))
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

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _x(self, gib: float) -> float:
        plan = self._plan
        span = max(plan.card_gib, plan.total_gib, plan.range_gib[1], 1e-9)
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
            painter.fillRect(area, part_brush(part))
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
        if not self._plan.range_gib[1]:
            return
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
        step = next(s for s in STEPS if card / s <= 7)
        for count in range(int(card / step) + 1):
            self._paint_tick(painter, count * step, last=(count + 1) * step > card)

    def _paint_tick(self, painter: QPainter, gib: float, last: bool) -> None:
        """Draw one number of the axis; the last one says the unit and the card's end."""
        c, card = colors(), self._plan.card_gib
        x = self._x(card if last else gib)
        if gib and not last:
            painter.fillRect(QRectF(x, TOP + BAR, 1, 4), QColor(c.border_strong))
        words = f"{card:.{0 if card == round(card) else 1}f} GiB" if last else f"{gib:g}"
        font = fonts.font(Role.CAPTION, fonts.BOLD if last else fonts.REGULAR)
        side = paint.RIGHT if last else paint.CENTRE if gib else paint.LEFT
        left = x - 78 if last else x - 30 if gib else x
        area = QRectF(left, TOP + BAR + 5, 80 if last else 60, 16)
        paint.text(painter, area, words, font, c.text if last else c.muted, side)

"""What the model sees: tokens with their state, wrapped, painted only where they are visible."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip

from studio.ui.look import fonts, paint
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import plain_tip
from studio.ui.widgets.tokenpaint import CHIP, paint_border, paint_limit, paint_token
from studio.ui.widgets.tokenstate import LIMIT_WIDTH, TokenSpan

LINE = 23
EDGE = 14
KEYS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


@dataclass(frozen=True, slots=True)
class _Placed:
    """A token's place: line number, left edge and width in px."""

    line: int
    x: float
    width: float


class TokenView(QAbstractScrollArea):
    """A row of the dataset as tokens; left and right move, the tooltip has id and state.

    Layout is done once per width for all tokens; a paint touches the visible lines only.
    """

    def __init__(self) -> None:
        super().__init__()
        self._spans: tuple[TokenSpan, ...] = ()
        self._limit, self._cursor = 0, -1
        self._borders = False
        self._placed: list[_Placed] = []
        self._first_of_line: list[int] = []
        self._widths: dict[str, float] = {}
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.viewport().setAutoFillBackground(False)
        self.setAccessibleName("What the model sees")

    def set_tokens(self, spans: Sequence[TokenSpan], limit: int) -> None:
        """Show another row; limit is the length in tokens from which on the row is cut."""
        if (tuple(spans), limit) == (self._spans, self._limit):
            return
        self._spans, self._limit, self._cursor = tuple(spans), limit, -1
        self.setAccessibleDescription(self._spoken())
        self.verticalScrollBar().setValue(0)
        self._lay_out()
        self.viewport().update()

    def set_borders(self, on: bool) -> None:
        """Show where each token begins, or not."""
        self._borders = on
        self.viewport().update()

    def tokens(self) -> tuple[TokenSpan, ...]:
        """Return what is shown."""
        return self._spans

    def _spoken(self) -> str:
        counts: dict[str, int] = {}
        for span in self._spans:
            counts[span.state.value] = counts.get(span.state.value, 0) + 1
        return ", ".join(f"{count} tokens {name}" for name, count in counts.items())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._widths.clear()
            self._lay_out()

    def _lay_out(self) -> None:
        """Place every token; O(tokens), without drawing."""
        room = self.viewport().width() - 2 * EDGE
        metrics = QFontMetricsF(fonts.mono())
        self._placed, self._first_of_line = [], [0]
        line, x = 0, 0.0
        for index, span in enumerate(self._spans):
            lead = LIMIT_WIDTH if index == self._limit else 0
            width = self._width(span, metrics)
            if x and x + lead + width > room:
                line, x = line + 1, 0.0
                self._first_of_line.append(index)
            self._placed.append(_Placed(line, EDGE + x + lead, width))
            x += lead + width + 1
            if span.ends_line:
                line, x = line + 1, 0.0
                self._first_of_line.append(index + 1)
        self._update_scroll_bar(line + 1)

    def _width(self, span: TokenSpan, metrics: QFontMetricsF) -> float:
        known = self._widths.get(span.shown)
        if known is None:
            known = self._widths[span.shown] = ceil(metrics.horizontalAdvance(span.shown))
        return known + span.padding

    def _update_scroll_bar(self, lines: int) -> None:
        bar, page = self.verticalScrollBar(), self.viewport().height()
        bar.setPageStep(page)
        bar.setSingleStep(LINE)
        bar.setRange(0, max(0, lines * LINE + 2 * 8 - page))

    def _area(self, index: int) -> QRectF:
        at = self._placed[index]
        top = 8 + at.line * LINE - self.verticalScrollBar().value() + (LINE - CHIP) / 2
        return QRectF(at.x, top, at.width, CHIP)

    def _line_at(self, y: float) -> int:
        line = int((y + self.verticalScrollBar().value() - 8) // LINE)
        return max(0, min(line, len(self._first_of_line) - 1))

    def _visible(self, top: int, bottom: int) -> range:
        """Return the tokens on the lines between two heights of the viewport, px."""
        if not self._placed:
            return range(0)
        first = self._first_of_line[self._line_at(top)]
        after = self._line_at(bottom) + 1
        lines = self._first_of_line
        return range(first, lines[after] if after < len(lines) else len(self._spans))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self.viewport()))
        for index in self._visible(event.rect().top(), event.rect().bottom()):
            area = self._area(index)
            if index == self._limit:
                paint_limit(painter, area, self._limit)
            paint_token(painter, area, self._spans[index])
            if self._borders:
                paint_border(painter, area)
            if index == self._cursor:
                ring = paint.pen(colors().focus, 2)
                paint.box(painter, area.adjusted(-2, -2, 2, 2), 4, edge=ring)
        if self.hasFocus() and self._cursor < 0:
            edge = QRectF(self.viewport().rect()).adjusted(2, 2, -2, -2)
            paint.box(painter, edge, 4, edge=paint.pen(colors().focus, 2))

    def index_at(self, spot: QPoint) -> int:
        """Return the token under a point of the viewport, or -1."""
        line = self._line_at(spot.y())
        row = self._visible(spot.y(), spot.y())
        at = bisect_right([self._placed[i].x for i in row], spot.x()) - 1
        index = row.start + at
        hit = at >= 0 and self._placed[index].line == line
        return index if hit and self._area(index).contains(spot) else -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._move_to(self.index_at(event.position().toPoint()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move, last = KEYS.get(Qt.Key(event.key())), len(self._spans) - 1
        if move and self._spans:
            self._move_to(max(0, min(last, self._cursor + move)))
        elif self._spans and event.key() in (Qt.Key.Key_Home, Qt.Key.Key_End):
            self._move_to(0 if event.key() == Qt.Key.Key_Home else last)
        else:
            super().keyPressEvent(event)

    def _move_to(self, index: int) -> None:
        self._cursor = index
        if index >= 0:
            self.setAccessibleDescription(self._spans[index].spoken(index))
            area, bar = self._area(index), self.verticalScrollBar()
            if area.top() < 0 or area.bottom() > self.viewport().height():
                bar.setValue(self._placed[index].line * LINE)
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            index = self.index_at(event.pos())
            words = self._spans[index].spoken(index) if index >= 0 else ""
            QToolTip.showText(event.globalPos(), plain_tip(words), self)
            return True
        return super().viewportEvent(event)

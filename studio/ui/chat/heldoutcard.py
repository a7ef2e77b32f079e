"""Questions the run never saw, to be asked with one click."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QTextLayout
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.app.heldout import HeldOut
from studio.core.example import TEST
from studio.ui.look import fonts, paint
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import PADDING, RADIUS_CONTROL
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, plain_tip, prose

AT_ONCE = 5
LINE = 18
AIR = 36
"""Px beside the words, the sign at the right included."""
READ = 400
"""Characters looked at for the two lines, and shown in the tooltip."""


class QuestionButton(QAbstractButton):
    """A question on at most two lines; asks it when clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        self.setFont(fonts.font())
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_question(self, question: str) -> None:
        """Offer another question."""
        self._words = " ".join(question[:READ].split())
        self.setToolTip(plain_tip(question[:READ]))
        self.setAccessibleName(f"Ask: {self._words}")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, self.heightForWidth(200))

    def heightForWidth(self, width: int) -> int:
        return len(_lines(self._words, self.font(), width - AIR)) * LINE + 12

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        area = QRectF(self.rect())
        if self.isEnabled() and (self.underMouse() or self.isDown()):
            paint.box(painter, area, RADIUS_CONTROL, c.sunken if self.isDown() else c.hover)
        painter.setPen(QColor(c.text if self.isEnabled() else c.border_strong))
        self._paint_words(painter, area.adjusted(8, 6, 8 - AIR, -6))
        mark = QRectF(area.right() - 20, area.center().y() - 7, 14, 14)
        paint_icon(painter, "right", mark, c.muted if self.isEnabled() else c.border_strong)

    def _paint_words(self, painter: QPainter, area: QRectF) -> None:
        lines = _lines(self._words, self.font(), area.width())
        top = area.top() + (area.height() - len(lines) * LINE) / 2
        metrics = QFontMetricsF(self.font())
        painter.setFont(self.font())
        for number, words in enumerate(lines):
            middle = top + number * LINE + LINE / 2
            baseline = middle + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(area.left(), baseline), words)


def _lines(words: str, font: QFont, width: float) -> list[str]:
    """Return at most two lines; the last is elided."""
    layout = QTextLayout(words, font)
    layout.beginLayout()
    first = layout.createLine()
    first.setLineWidth(width)
    cut = first.textLength()
    layout.endLayout()
    units = words.encode("utf-16-le", "surrogatepass")
    head = units[: 2 * cut].decode("utf-16-le", "ignore")
    rest = words[len(head) :]
    if not rest:
        return [head]
    elided = QFontMetricsF(font).elidedText(rest, Qt.TextElideMode.ElideRight, width)
    return [head.rstrip(), elided]


class HeldOutCard(Card):
    """A few held-out questions of the run; others on demand.

    Signals:
        chosen(object): the ``HeldOut`` to ask.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__("Try a held-out question", " ")
        self._rows: list[HeldOut] = []
        self._first = 0
        self._none = prose("")
        self.buttons = [QuestionButton() for _ in range(AT_ONCE)]
        for number, button in enumerate(self.buttons):
            button.clicked.connect(lambda _=False, number=number: self._choose(number))
        self.more_button = Button("Other questions", compact=True)
        self.more_button.clicked.connect(self._turn)
        foot = QWidget()
        fill(QHBoxLayout(foot), self.more_button, None)
        self._foot = foot
        column = fill(QVBoxLayout(), self._none, *self.buttons, gap=2)
        fill(column, 4, foot, gap=2, edge=(PADDING - 8, 8, PADDING - 8, 10))
        self._none.setContentsMargins(8, 4, 8, 4)
        foot.layout().setContentsMargins(8, 0, 8, 0)  # type: ignore[union-attr]
        self.body.addLayout(column)
        self.show_rows([], "Open a run, and its held-out rows are here.")

    def show_rows(self, rows: Sequence[HeldOut], why_none: str) -> None:
        """Offer the rows of another run, or say why there are none."""
        self._rows, self._first = list(rows), 0
        split = rows[0].split if rows else ""
        told = "test split" if split == TEST else "validation split"
        self.remark.setText(f"{len(rows)} of the {told}" if rows else "")
        self._none.setText(why_none)
        self._none.setVisible(not rows)
        self._foot.setVisible(len(rows) > AT_ONCE)
        self._show()

    def set_able(self, able: bool) -> None:
        """Allow asking, or do not."""
        for button in self.buttons:
            button.setEnabled(able)

    def _choose(self, number: int) -> None:
        self.chosen.emit(self._rows[self._first + number])

    def _turn(self) -> None:
        self._first += AT_ONCE
        if self._first >= len(self._rows):
            self._first = 0
        self._show()

    def _show(self) -> None:
        shown = self._rows[self._first : self._first + AT_ONCE]
        for number, button in enumerate(self.buttons):
            button.setVisible(number < len(shown))
            if number < len(shown):
                button.set_question(shown[number].question)

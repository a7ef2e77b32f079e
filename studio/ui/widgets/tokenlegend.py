"""The legend of the token view, which is also the count of each state."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import fill, label
from studio.ui.widgets.tokenpaint import CHIP, paint_token
from studio.ui.widgets.tokenstate import BOXED, State, TokenSpan

ENTRIES = (
    ("Trained", State.TRAINED),
    ("Masked", State.MASKED),
    ("End of turn", State.END),
    ("Cut", State.CUT),
)


class Sample(QWidget):
    """One token as an example of its state."""

    def __init__(self, state: State) -> None:
        super().__init__()
        words = "end" if state in BOXED else "text"
        self._span = TokenSpan(words, 0, state)
        wide = paint.width(words, fonts.mono(fonts.BOLD)) + self._span.padding
        self.setFixedSize(round(wide) + 2, CHIP)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        paint_token(painter, QRectF(0, 0, self.width() - 1, CHIP), self._span)


class TokenLegend(QWidget):
    """Four states with their counts."""

    def __init__(self, spans: tuple[TokenSpan, ...]) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        fill(row, gap=10, edge=(14, 8, 14, 8))
        for at, (name, state) in enumerate(ENTRIES):
            if at:
                row.addStretch(1)
            count = sum(1 for span in spans if span.state is state or _also_cut(span, state))
            number = label(str(count), weight=fonts.BOLD)
            head = fill(QHBoxLayout(), Sample(state), number, None, gap=6)
            below = label(name, Role.CAPTION, tone="muted")
            row.addLayout(fill(QVBoxLayout(), head, below, gap=2))


def _also_cut(span: TokenSpan, state: State) -> bool:
    return state is State.CUT and span.state is State.END_CUT

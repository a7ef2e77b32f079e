"""The legend of the token view, which is also the count of each state."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.example import TokenCounts
from studio.core.units import NO_VALUE
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
    """Four states with their counts; what cannot be counted yet shows as a dash."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Tokens by state")
        self._numbers = [label(NO_VALUE, weight=fonts.BOLD) for _ in ENTRIES]
        row = QHBoxLayout(self)
        fill(row, gap=10, edge=(14, 8, 14, 8))
        for at, (name, state) in enumerate(ENTRIES):
            if at:
                row.addStretch(1)
            head = fill(QHBoxLayout(), Sample(state), self._numbers[at], None, gap=6)
            below = label(name, Role.CAPTION, tone="muted")
            row.addLayout(fill(QVBoxLayout(), head, below, gap=2))

    def set_counts(self, counts: TokenCounts | None) -> None:
        """Show how many tokens are in each state; None while it is not known."""
        values = (counts.trained, counts.masked, counts.end, counts.cut) if counts else ()
        for at, number in enumerate(self._numbers):
            number.setText(f"{values[at]:,}" if values else NO_VALUE)
        said = (f"{n} {name.lower()}" for n, (name, _) in zip(values, ENTRIES, strict=False))
        self.setAccessibleDescription(", ".join(said))

"""How well the tokenizer fits: characters per token, and words that fall into many pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.app.rowchecks import Lengths
from studio.core.units import percent
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.bars import Bar, Bars
from studio.ui.widgets.parts import fill, label, prose

HEADS = ("Word", "Tokens", "Times", "Saved as one token")
SHARES = (0.4, 0.14, 0.18, 0.28)
LINE = 24
SHOWN = 15
WELL = 0.85
"""Characters per token, against general text, from which a tokenizer fits."""


class TokenizerFit(QWidget):
    """Shows what checks found out about tokenizer and texts."""

    def __init__(self) -> None:
        super().__init__()
        self.words = prose("", Role.SMALL)
        self.bars = Bars("Characters per token")
        self._head = label("Words that fall into most pieces", Role.SMALL, fonts.BOLD)
        self.table = WordTable()
        fill(QVBoxLayout(self), self.words, self.bars, 4, self._head, self.table, gap=6)

    def show_fit(self, fit: Mapping[str, Any] | None, lengths: Lengths) -> None:
        """Show the fit; None if there is no model, or nothing is known yet."""
        for part in (self.bars, self._head, self.table):
            part.setVisible(fit is not None)
        if fit is None:
            self.words.setText("A model brings a tokenizer; without one there is nothing to say.")
            return
        ours, general = fit["characters_per_token"], fit["general_characters_per_token"]
        self.bars.set_bars(
            [
                Bar("This dataset", ours, f"{ours:.2f}", "adapter"),
                Bar("General text", general, f"{general:.2f}"),
            ]
        )
        rows: list[dict[str, Any]] = fit["words"]
        self._head.setVisible(bool(rows))
        self.table.set_words(rows[:SHOWN])
        self.words.setText(_verdict(ours, general, rows, int(lengths.tokens.sum())))


class WordTable(QWidget):
    """Words with the number of their tokens, painted; the same in words for screen readers."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Words that fall into most pieces")
        self._rows: tuple[tuple[str, ...], ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_words(self, words: Sequence[Mapping[str, Any]]) -> None:
        """Show other words: word, pieces, count and saved of each."""
        self._rows = tuple(
            (w["word"], f"{w['pieces']}", f"{w['count']:,}", f"{w['saved']:,}") for w in words
        )
        said = (f"{word}: {pieces} tokens, {times} times" for word, pieces, times, _ in self._rows)
        self.setAccessibleDescription("; ".join(said))
        self.updateGeometry()
        self.update()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """What is shown, as words."""
        return self._rows

    def sizeHint(self) -> QSize:
        return QSize(320, round(self._line * (len(self._rows) + bool(self._rows))))

    @property
    def _line(self) -> float:
        return LINE * max(fonts.user_scale(), 1.0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        for at, cells in enumerate((HEADS, *self._rows) if self._rows else ()):
            left, y = 0.0, at * self._line
            font = fonts.font(Role.SMALL, fonts.MEDIUM if at == 0 else fonts.REGULAR)
            for column, (words, share) in enumerate(zip(cells, SHARES, strict=True)):
                wide = self.width() * share
                area = QRectF(left, y, wide - 12, self._line)
                side = paint.LEFT if column == 0 else paint.RIGHT
                paint.text(painter, area, words, font, c.text if at else c.muted, side)
                left += wide
            painter.fillRect(QRectF(0, y + self._line - 1, self.width(), 1), QColor(c.grid))


def _verdict(ours: float, general: float, words: Sequence[Mapping[str, Any]], tokens: int) -> str:
    share = ours / general if general else 1.0
    if share >= WELL:
        fits = "The tokenizer fits: the texts take about as many tokens as general text does."
    else:
        more = percent(1 / share - 1) if share else "far more"
        fits = f"The texts take {more} more tokens than general text of the same length."
    saved = sum(int(word["saved"]) for word in words)
    if not saved:
        return fits
    part = f", {percent(saved / tokens)} of all," if tokens and saved * 100 >= tokens else ""
    return (
        f"{fits} As tokens of their own, the {len(words)} costliest words would save about"
        f" {saved:,} tokens{part} in each pass."
    )

"""A bar cut into parts by their numbers, with what each part is below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.core.units import percent
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors

BAR, GAP, LINE = 14, 8, 20
RADIUS = 4
DOT = 8


@dataclass(frozen=True, slots=True)
class Share:
    """One part: its name, its number, the colour token it is drawn in, and a word beside it."""

    name: str
    count: int
    tone: str
    remark: str = ""


class ShareBar(QWidget):
    """Draws shares of a whole; its words are its accessible description too."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._shares: list[Share] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_shares(self, shares: Sequence[Share]) -> None:
        """Show these parts."""
        self._shares = list(shares)
        total = sum(share.count for share in shares)
        self.setAccessibleDescription("; ".join(_words(share, total) for share in shares))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, BAR + GAP + self._line())

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def _line(self) -> int:
        return max(LINE, round(LINE * fonts.user_scale()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total = sum(share.count for share in self._shares)
        outline = QPainterPath()
        outline.addRoundedRect(QRectF(0.5, 0.5, self.width() - 1, BAR - 1), RADIUS, RADIUS)
        painter.fillPath(outline, QColor(c.sunken))
        painter.save()
        painter.setClipPath(outline)
        left = 0.0
        for share in self._shares:
            width = self.width() * share.count / total if total else 0.0
            painter.fillRect(
                QRectF(left, 0, max(width - 1, 0), BAR), QColor(getattr(c, share.tone))
            )
            left += width
        painter.restore()
        painter.setPen(QColor(c.border_strong))
        painter.drawPath(outline)
        self._paint_words(painter, total)

    def _paint_words(self, painter: QPainter, total: int) -> None:
        c, font, left = colors(), fonts.font(Role.SMALL), 0.0
        top, height = BAR + GAP, self._line()
        for share in self._shares:
            words = _words(share, total)
            wide = paint.width(words, font) + DOT + 6
            if left + wide > self.width():
                wide = self.width() - left
            spot = QRectF(left, top + (height - DOT) / 2, DOT, DOT)
            paint.box(painter, spot, 2, getattr(c, share.tone))
            area = QRectF(left + DOT + 6, top, max(wide - DOT - 6, 0), height)
            paint.text(painter, area, words, font, c.text)
            left += wide + 18


def _words(share: Share, total: int) -> str:
    part = f" · {percent(share.count / total)}" if total else ""
    remark = f" · {share.remark}" if share.remark else ""
    return f"{share.name} {share.count:,}{part}{remark}"

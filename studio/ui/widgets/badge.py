"""The badge: tint, icon and word, 20 px high; never colour alone."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint, tokens
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors

HEIGHT = 20
TONES = {
    "good": ("accent", "accent_tint"),
    "frozen": ("frozen", "frozen_tint"),
    "warning": ("warning", "warning_tint"),
    "danger": ("danger", "danger_tint"),
    "plain": ("muted", "sunken"),
}


def badge_width(words: str) -> float:
    """Return the width of a badge in px, for delegates that paint one."""
    return 6 + 14 + 4 + paint.width(words, fonts.font(Role.SMALL, fonts.BOLD)) + 7


def paint_badge(painter: QPainter, rect: QRectF, icon: str, words: str, tone: str) -> None:
    """Draw a badge into a rectangle as wide as badge_width."""
    ink, tint = (getattr(colors(), name) for name in TONES[tone])
    paint.box(painter, rect, tokens.RADIUS_BADGE, tint)
    if icon:
        paint_icon(painter, icon, QRectF(rect.x() + 6, rect.center().y() - 7, 14, 14), ink)
    paint.text(
        painter,
        rect.adjusted(24, 0, -4, 0),
        words,
        fonts.font(Role.SMALL, fonts.BOLD),
        ink,
    )


class Badge(QWidget):
    """A state in one word, as a widget."""

    def __init__(self, icon: str = "", words: str = "", tone: str = "plain") -> None:
        super().__init__()
        self._icon, self._words, self._tone = icon, words, tone
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.say(icon, words, tone)

    def say(self, icon: str, words: str, tone: str) -> None:
        """Show another state; without words the badge takes no room."""
        self._icon, self._words, self._tone = icon, words, tone
        self.setAccessibleName(words)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(round(badge_width(self._words) + 0.5) if self._words else 0, HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._words:
            return
        painter = paint.smooth(QPainter(self))
        paint_badge(painter, QRectF(self.rect()), self._icon, self._words, self._tone)

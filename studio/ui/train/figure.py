"""A short text that changes many times a second without laying the page out anew."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors


class Figure(QWidget):
    """Plain words in one line; asks for other room only when their width is another.

    A QLabel asks its page for a new layout at each change, which costs more than all drawing.
    """

    def __init__(
        self, role: Role = Role.BODY, weight: QFont.Weight = fonts.REGULAR, tone: str = "text"
    ) -> None:
        super().__init__()
        self._words, self._tone = "", tone
        self._font = fonts.font(role, weight)
        self._room = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def text(self) -> str:
        """Return the words that are shown."""
        return self._words

    def say(self, words: str) -> None:
        """Show other words; empty takes no room."""
        if words == self._words:
            return
        wide = round(paint.width(words, self._font) + 0.5) if words else 0
        self._words = words
        self.setAccessibleName(words)
        if wide != self._room:
            self._room = wide
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._room, round(self._font.pixelSize() * 1.4))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        ink = getattr(colors(), self._tone)
        paint.text(QPainter(self), QRectF(self.rect()), self._words, self._font, ink)

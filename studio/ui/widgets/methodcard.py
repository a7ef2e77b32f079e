"""A method to choose: radio, what it costs on this card, two lines of sense."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QRadioButton, QSizePolicy, QVBoxLayout

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import IconLabel, fill, label, prose


class Radio(QRadioButton):
    """A radio button in the look's own drawing."""

    def sizeHint(self) -> QSize:
        return QSize(round(paint.width(self.text(), fonts.font(weight=fonts.BOLD))) + 24, 24)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        spot = QRectF(1, self.height() / 2 - 7, 14, 14)
        edge = c.accent if self.isChecked() else c.border_strong
        painter.setPen(paint.pen(edge, 1.6))
        painter.setBrush(QColor(c.surface))
        painter.drawEllipse(spot)
        if self.isChecked():
            painter.setBrush(QColor(c.accent))
            painter.drawEllipse(spot.adjusted(4, 4, -4, -4))
        area = QRectF(self.rect()).adjusted(21, 0, 0, 0)
        paint.text(painter, area, self.text(), fonts.font(weight=fonts.BOLD), c.text)


class MethodCard(Card):
    """One method; a click anywhere chooses it."""

    def __init__(self, name: str, cost: str, fits: bool, sense: str) -> None:
        super().__init__()
        self.radio = Radio(name)
        self.radio.setAccessibleDescription(
            f"{cost}, {'fits' if fits else 'does not fit'}. {sense}"
        )
        self.radio.toggled.connect(self._on_toggled)
        tone = "accent" if fits else "muted"
        self._sign = IconLabel("check" if fits else "close", tone, 13)
        self._cost = label(cost, Role.CAPTION, fonts.BOLD, tone)
        head = fill(QHBoxLayout(), self.radio, None, self._sign, self._cost, gap=3)
        self._sense = prose(sense, Role.CAPTION)
        self.body.addLayout(
            fill(QVBoxLayout(), head, self._sense, None, gap=1, edge=(10, 6, 10, 8))
        )
        self.setMinimumHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_small(self, small: bool) -> None:
        """Leave out the sense in a narrow window; it stays in the tooltip."""
        self._sense.setVisible(not small)
        self._cost.setVisible(True)
        self.setToolTip(self.radio.accessibleDescription() if small else "")
        self.setMinimumHeight(44 if small else 84)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.radio.setChecked(True)

    def _on_toggled(self, chosen: bool) -> None:
        self.setProperty("chosen", chosen)
        self.style().unpolish(self)
        self.style().polish(self)

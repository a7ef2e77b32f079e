"""A method to choose: radio, what it costs on this card, two lines of sense."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QRadioButton, QSizePolicy, QVBoxLayout

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import IconLabel, fill, label, plain_tip, prose, restyle


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


VERDICTS = {
    "fits": ("check", "accent", "fits"),
    "tight": ("warning", "warning", "is tight"),
    "no": ("close", "muted", "does not fit"),
}
"""Icon, tone and words of a verdict."""


class MethodCard(Card):
    """One method; a click anywhere chooses it. Put the radios of several into a QButtonGroup."""

    def __init__(self, name: str, sense: str, remark: str = "") -> None:
        super().__init__()
        self.radio = Radio(name)
        self.radio.setAccessibleName(name)
        self.radio.toggled.connect(self._on_toggled)
        self._words = f"{sense} {remark}".strip()
        self._sign = IconLabel("check", "muted", 13)
        self._cost = label("", Role.CAPTION, fonts.BOLD, "muted")
        head = fill(QHBoxLayout(), self.radio, None, self._sign, self._cost, gap=3)
        self._sense = prose(sense, Role.CAPTION)
        column = fill(QVBoxLayout(), head, self._sense, None, gap=2, edge=(10, 6, 10, 8))
        if remark:
            column.addSpacing(4)
            line = fill(QHBoxLayout(), IconLabel("clock", "muted", 12), gap=5)
            line.addWidget(prose(remark, Role.CAPTION), 1)
            column.addLayout(line)
        self.body.addLayout(column)
        self.setMinimumHeight(84)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._shown: tuple[str, str] | None = None
        self.set_cost("", "")

    def set_cost(self, cost: str, verdict: str) -> None:
        """Show what the method would take ("9.3 GiB") and whether it fits; empty if unknown."""
        if self._shown == (cost, verdict):
            return
        self._shown = (cost, verdict)
        icon, tone, words = VERDICTS.get(verdict, ("", "muted", ""))
        self._sign.setVisible(bool(icon))
        if icon:
            self._sign.set_icon(icon, tone)
        self._cost.setText(cost)
        self._cost.setProperty("tone", tone)
        restyle(self._cost)
        said = f"{cost}, {words}. {self._words}" if cost else self._words
        self.radio.setAccessibleDescription(said)
        self.setToolTip(plain_tip(said))

    def set_small(self, small: bool) -> None:
        """Leave out the sense in a narrow window; it stays in the tooltip."""
        self._sense.setVisible(not small)
        self.setMinimumHeight(44 if small else 84)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.isEnabled():
            self.radio.click()
            self.radio.setFocus(Qt.FocusReason.MouseFocusReason)

    def _on_toggled(self, chosen: bool) -> None:
        self.setProperty("chosen", chosen)
        restyle(self)

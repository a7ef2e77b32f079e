"""The head of a column: who answers there, and what proves it."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import HEIGHT_INPUT, PADDING, RADIUS_CARD
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Elided, IconLabel, fill, label

BAR = 3


class ColumnHead(QWidget):
    """Icon, name, what it stands on, controls; a line of evidence in mono below.

    Attributes:
        model: the name beside the title; gives way first.
        evidence: the line below.
    """

    def __init__(self, icon: str, tone: str, title: str, *controls: QWidget) -> None:
        super().__init__()
        self.setAccessibleName(title)
        self.model = Elided("", Role.BODY)
        self.evidence = Elided("")
        self.evidence.setFont(fonts.mono())
        name = label(title, Role.SECTION, fonts.BOLD)
        name.setMinimumHeight(HEIGHT_INPUT)
        top = QHBoxLayout()
        fill(top, IconLabel(icon, tone, 18), name, gap=8)
        top.addWidget(self.model, 1)
        for control in controls:
            top.addWidget(control)
        fill(QVBoxLayout(self), top, self.evidence, gap=2, edge=(PADDING, 9, PADDING, 9))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)


class ColumnsCard(Card):
    """A card whose upper edge is slate over the base and green over the adapted."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, c = paint.smooth(QPainter(self)), colors()
        area, middle = QRectF(self.rect()), self.width() / 2
        inside = QPainterPath()
        inside.addRoundedRect(area, RADIUS_CARD, RADIUS_CARD)
        painter.setClipPath(inside)
        painter.fillRect(QRectF(0, 0, middle, BAR), QColor(c.frozen))
        painter.fillRect(QRectF(middle, 0, middle, BAR), QColor(c.accent))

"""A drop-down in the look, whose choice is never cut off in the middle of a letter."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox, QStylePainter

from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors


class ChoiceField(QComboBox):
    """A drop-down with the look's own chevron; a choice that has no room ends in an ellipsis.

    Attributes:
        middle: cut in the middle, as names are.
    """

    def __init__(self, *choices: str) -> None:
        super().__init__()
        self.middle = False
        self.addItems(list(choices))
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)

    @property
    def shown_text(self) -> str:
        """The choice as far as there is room for it."""
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        kind = QStyle.ComplexControl.CC_ComboBox
        room = self.style().subControlRect(kind, option, field, self).width()
        modes = Qt.TextElideMode
        mode = modes.ElideMiddle if self.middle else modes.ElideRight
        return self.fontMetrics().elidedText(self.currentText(), mode, room - 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.isEditable():
            super().paintEvent(event)
        else:
            styled, option = QStylePainter(self), QStyleOptionComboBox()
            self.initStyleOption(option)
            option.currentText = self.shown_text
            styled.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
            styled.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
            styled.end()
        painter, c = QPainter(self), colors()
        tone = c.muted if self.isEnabled() else c.border_strong
        paint_icon(painter, "down", QRectF(self.width() - 24, self.height() / 2 - 8, 16, 16), tone)

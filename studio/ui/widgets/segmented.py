"""The segmented choice: two to five words, one chosen, arrow keys move."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL
from studio.ui.widgets.parts import fill


class Segment(QAbstractButton):
    """One choice; a real button, so that screen readers and Space know it."""

    def __init__(self, words: str, height: int) -> None:
        super().__init__()
        self._icon = ""
        self.setText(words)
        self.setCheckable(True)
        self.setFixedHeight(height)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)

    def set_icon(self, icon: str) -> None:
        """Show a sign of attention behind the words."""
        self._icon = icon
        self.setAccessibleDescription("needs a look" if icon else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        words = paint.width(self.text(), fonts.font(weight=fonts.BOLD))
        return QSize(round(words) + 24 + (18 if self._icon else 0), self.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = QPainter(self), colors(), QRectF(self.rect())
        if self.isChecked():
            painter.fillRect(area, QColor(c.accent_tint))
            painter.fillRect(area.adjusted(0, area.height() - 3, 0, 0), QColor(c.accent))
        elif self.underMouse():
            painter.fillRect(area, QColor(c.hover))
        weight = fonts.BOLD if self.isChecked() else fonts.REGULAR
        tone = c.text if self.isChecked() else c.muted
        if self._icon:
            spot = QRectF(area.right() - 26, area.center().y() - 7, 14, 14)
            paint_icon(painter, self._icon, spot, c.warning)
            area = area.adjusted(0, 0, -18, 0)
        paint.text(painter, area, self.text(), fonts.font(weight=weight), tone, paint.CENTRE)


class Segmented(QWidget):
    """A row of segments in one outline.

    Signals:
        chosen(int): the index of the choice the user made.
    """

    chosen = Signal(int)

    def __init__(
        self, name: str, *choices: str, current: int = 0, height: int = 28, ground: str = "surface"
    ) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        row = QHBoxLayout(self)
        fill(row, gap=1)
        for index, words in enumerate(choices):
            segment = Segment(words, height)
            self._group.addButton(segment, index)
            row.addWidget(segment, 1)
        self._group.buttons()[current].setChecked(True)
        self._group.idClicked.connect(self.chosen)
        self._frame = _Outline(self, ground)

    def current(self) -> int:
        """Return the index of the choice."""
        return self._group.checkedId()

    def set_current(self, index: int) -> None:
        """Choose another one; sends no signal."""
        self._group.button(index).setChecked(True)

    def set_words(self, index: int, words: str) -> None:
        """Call a choice something else, for example with a count."""
        button = self._group.button(index)
        button.setText(words)
        button.updateGeometry()

    def set_icon(self, index: int, icon: str) -> None:
        """Put a sign (such as "warning") behind the words of a choice; empty takes it away."""
        button = self._group.button(index)
        assert isinstance(button, Segment)
        button.set_icon(icon)

    def resizeEvent(self, event: object) -> None:
        self._frame.setGeometry(self.rect())
        self._frame.raise_()


class _Outline(QWidget):
    """The frame over the segments: rounds their corners by painting the surface outside."""

    def __init__(self, owner: Segmented, ground: str) -> None:
        super().__init__(owner)
        self._owner, self._ground = owner, ground
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = paint.smooth(QPainter(self)), colors(), QRectF(self.rect())
        inside, outside = QPainterPath(), QPainterPath()
        inside.addRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_CONTROL, RADIUS_CONTROL)
        outside.addRect(area)
        painter.fillPath(outside - inside, QColor(getattr(c, self._ground)))
        painter.setPen(paint.pen(c.border_strong))
        painter.drawPath(inside)
        for segment in self._owner.findChildren(Segment)[1:]:
            x = segment.x() - 0.5
            painter.drawLine(round(x), 1, round(x), self.height() - 2)

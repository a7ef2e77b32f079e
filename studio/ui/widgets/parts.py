"""Small parts every page is built from: labels, buttons, fields, lines, boxes."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import icon, paint_icon
from studio.ui.look.theme import colors
from studio.ui.widgets.choicefield import ChoiceField as ChoiceField
from studio.ui.widgets.stepping import TEXT_LEFT, draw_arrows

ICON_AIR = 4
"""Px more between icon and words than Qt leaves, as part of the icon."""

Item = QWidget | QLayout | int | None


def plain_tip(text: str) -> str:
    """Return a tooltip that shows the text as it is; Qt would read marks in it as rich text."""
    return f"<p style='white-space:pre-wrap'>{escape(text)}</p>" if text else ""


def label(
    text: str, role: Role = Role.BODY, weight: QFont.Weight = fonts.REGULAR, tone: str = ""
) -> QLabel:
    """Return a plain-text label; tone is muted, accent, danger, frozen or empty."""
    made = QLabel()
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setText(text)
    made.setFont(fonts.font(role, weight))
    made.setProperty("tone", tone)
    return made


class Elided(QLabel):
    """A plain line that gives way: cut with an ellipsis, whole in its tooltip.

    Attributes:
        middle: cut in the middle, as names and paths are; prose is cut at its end.
    """

    def __init__(self, text: str, role: Role = Role.SMALL, tone: str = "muted") -> None:
        super().__init__()
        self._tone, self.middle = tone, False
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(fonts.font(role))
        self.setText(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        side = paint.LEFT
        if self.alignment() & Qt.AlignmentFlag.AlignRight:
            side = paint.RIGHT
        ink = getattr(colors(), self._tone)
        area, modes = QRectF(self.rect()), Qt.TextElideMode
        elide = modes.ElideMiddle if self.middle else modes.ElideRight
        paint.text(QPainter(self), area, self.text(), self.font(), ink, side, elide)


def prose(text: str, role: Role = Role.SMALL, tone: str = "muted") -> QLabel:
    """Return a label that wraps and never forces its container wider."""
    made = label(text, role, tone=tone)
    made.setWordWrap(True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    return made


def fill(box: QBoxLayout, *items: Item, gap: int = 0, edge: Any = 0) -> QBoxLayout:
    """Put widgets, layouts, gaps (int, px) and stretches (None) into a box layout."""
    box.setSpacing(gap)
    left, top, right, bottom = (edge,) * 4 if isinstance(edge, int) else edge
    box.setContentsMargins(left, top, right, bottom)
    for item in items:
        if isinstance(item, QWidget):
            box.addWidget(item)
        elif isinstance(item, QLayout):
            box.addLayout(item)
        elif item is None:
            box.addStretch(1)
        else:
            box.addSpacing(item)
    return box


def inset(inside: QWidget, edge: tuple[int, int, int, int] = (14, 12, 14, 12)) -> QWidget:
    """Return a widget with air around it: words that the style sheet colours take no margins."""
    made = QWidget()
    fill(QHBoxLayout(made), inside, edge=edge)
    return made


def restyle(widget: QWidget) -> None:
    """Read the style sheet again, after a property that it looks at has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def scroller(body: QWidget, *, wraps: bool = False) -> QScrollArea:
    """Return an area without frame that scrolls its body up and down.

    Args:
        body: what is scrolled.
        wraps: it holds words that wrap, so that it is as high as its width makes it; its least
            height is that of the narrowest lines, far too high for wide ones.
    """
    made = QScrollArea()
    if wraps:
        body.setMinimumHeight(1)
    made.setWidget(body)
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    for widget in (made.viewport(), body):
        widget.setAutoFillBackground(False)
    return made


def line(vertical: bool = False) -> QFrame:
    """Return a hairline."""
    made = QFrame()
    made.setObjectName("line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


class Button(QPushButton):
    """A button whose icon follows the colours in force.

    kind: secondary, primary, danger, quiet, chip, alert or icon (no words, so a tooltip is asked).
    """

    def __init__(
        self,
        text: str = "",
        icon_name: str = "",
        kind: str = "secondary",
        compact: bool = False,
        *,
        tool: bool = False,
        drop: bool = False,
        trailing: bool = False,
    ) -> None:
        super().__init__(text if kind != "icon" else "")
        self._icon_name, self._kind, self._drop, self._trailing = icon_name, kind, drop, trailing
        self.setProperty("tool", tool)
        self.setProperty("drop", drop)
        if trailing:
            self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.setProperty("kind", kind)
        self.setProperty("compact", compact)
        self.setFont(fonts.font(weight=fonts.BOLD if kind == "primary" else fonts.MEDIUM))
        if kind == "chip" and compact:
            self.setFont(fonts.font(Role.SMALL))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if kind == "icon":
            self.setToolTip(plain_tip(text))
            self.setAccessibleName(text)
        self._recolour()

    def set_icon(self, name: str) -> None:
        """Show another icon; empty takes it away."""
        self._icon_name = name
        if not name:
            self.setIcon(QIcon())
        self._recolour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._recolour()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._drop:
            area = QRectF(self.width() - 23, self.height() / 2 - 7, 14, 14)
            paint_icon(QPainter(self), "down", area, colors().muted)

    def _recolour(self) -> None:
        if not self._icon_name:
            return
        c = colors()
        by_kind = {"primary": c.on_accent, "danger": c.danger, "alert": c.warning, "icon": c.muted}
        size = 18 if self._kind == "icon" else 16
        tone, air = by_kind.get(self._kind, c.text), ICON_AIR if self.text() else 0
        self.setIconSize(QSize(size + air, size))
        before = air if self._trailing else 0
        self.setIcon(icon(self._icon_name, tone, size, c.border_strong, (before, air - before)))


class SearchField(QLineEdit):
    """A line for searching, with the sign in it."""

    def __init__(self, hint: str) -> None:
        super().__init__()
        self.setPlaceholderText(hint)
        self.setAccessibleName(hint)
        self.setTextMargins(22, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        area = QRectF(9, self.height() / 2 - 8, 16, 16)
        paint_icon(QPainter(self), "search", area, colors().muted)


class SpinField(QSpinBox):
    """A number field with chevrons in the look's own drawing."""

    def __init__(self, value: int, top: int = 1_000_000, suffix: str = "") -> None:
        super().__init__()
        self.setRange(0, top)
        self.setGroupSeparatorShown(True)
        self.setSuffix(suffix)
        self.setValue(value)
        self.lineEdit().setTextMargins(TEXT_LEFT, 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrows(self)


class IconLabel(QWidget):
    """An icon without a task, in a named colour of the palette."""

    def __init__(self, name: str, tone: str = "muted", size: int = 16) -> None:
        super().__init__()
        self._name, self._tone = name, tone
        self.setFixedSize(size, size)

    def set_icon(self, name: str, tone: str) -> None:
        """Show another icon."""
        self._name, self._tone = name, tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_icon(painter, self._name, QRectF(self.rect()), getattr(colors(), self._tone))

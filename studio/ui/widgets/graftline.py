"""The graft line of the page header: dataset, base, and the branch that rises from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import plain_tip

HEIGHT = 38
RISE = 44
"""Px of width in which the branch rises from the trunk."""
JOIN = 22
"""Px of line between two parts of one level."""
WIDEST = 190
MARK = 16


class Kind(Enum):
    """What a part is; it decides mark, level and colour."""

    DATASET = "dataset"
    BASE = "base"
    METHOD = "method"
    RUN = "run"


@dataclass(frozen=True, slots=True)
class LineagePart:
    """One part of the lineage; trained fills the circle of a method."""

    kind: Kind
    name: str
    trained: bool = False

    @property
    def alive(self) -> bool:
        """Whether it is part of the branch."""
        return self.kind in (Kind.METHOD, Kind.RUN)


class PartButton(QAbstractButton):
    """A part, as a button to its page."""

    def __init__(self, part: LineagePart, owner: QWidget) -> None:
        super().__init__(owner)
        self.set_part(part)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_part(self, part: LineagePart) -> None:
        """Stand for another part."""
        self.part = part
        self.setText(part.name)
        self.setToolTip(plain_tip(f"{part.kind.value.capitalize()}: {part.name}"))
        self.setAccessibleName(f"{part.kind.value} {part.name}")

    def sizeHint(self) -> QSize:
        words = paint.width(self.text(), fonts.font(Role.SMALL, fonts.MEDIUM))
        return QSize(min(WIDEST, round(words + 0.5) + MARK + 3), HEIGHT // 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = paint.smooth(QPainter(self)), colors()
        spot = QPointF(7, self.height() / 2)
        self._paint_mark(painter, spot)
        area = QRectF(self.rect()).adjusted(MARK + 2, 0, 0, 0)
        font = fonts.font(Role.SMALL, fonts.MEDIUM)
        font.setUnderline(self.underMouse())
        middle = Qt.TextElideMode.ElideMiddle
        paint.text(painter, area, self.text(), font, c.text, elide=middle)

    def _paint_mark(self, painter: QPainter, spot: QPointF) -> None:
        c = colors()
        match self.part.kind:
            case Kind.DATASET | Kind.BASE:
                fill = c.frozen if self.part.kind is Kind.BASE else ""
                area = QRectF(spot.x() - 4.5, spot.y() - 4.5, 9, 9)
                paint.box(painter, area, 1, fill, paint.pen(c.frozen, 1.5))
            case Kind.METHOD:
                painter.setPen(paint.pen(c.accent, 1.8))
                painter.setBrush(QColor(c.accent if self.part.trained else c.surface))
                painter.drawEllipse(spot, 4.2, 4.2)
            case Kind.RUN:
                area = QRectF(spot.x() - 8, spot.y() - 8, 16, 16)
                paint_icon(painter, "leaf-solid", area, c.accent)


class GraftLine(QWidget):
    """The lineage of what is open; small drops the parts that the page itself names.

    Signals:
        part_chosen(Kind): the user wants the page of that part.
    """

    part_chosen = Signal(Kind)

    def __init__(self, parts: Sequence[LineagePart] = ()) -> None:
        super().__init__()
        self._buttons: list[PartButton] = []
        self._small = False
        self.setAccessibleName("Lineage")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_parts(parts)

    def parts(self) -> tuple[LineagePart, ...]:
        """Return what is shown."""
        return tuple(button.part for button in self._buttons)

    def set_parts(self, parts: Sequence[LineagePart]) -> None:
        """Show another lineage; parts of the same kinds keep their buttons and the focus."""
        if tuple(parts) == self.parts():
            return
        if [part.kind for part in parts] == [button.part.kind for button in self._buttons]:
            for button, part in zip(self._buttons, parts, strict=True):
                button.set_part(part)
        else:
            self._rebuild(parts)
        self.setAccessibleDescription(", then ".join(b.accessibleName() for b in self._buttons))
        self.set_small(self._small)

    def _rebuild(self, parts: Sequence[LineagePart]) -> None:
        for button in self._buttons:
            button.setParent(None)
            button.deleteLater()
        self._buttons = [PartButton(part, self) for part in parts]
        for button in self._buttons:
            button.clicked.connect(
                lambda _=False, kind=button.part.kind: self.part_chosen.emit(kind)
            )

    def set_small(self, small: bool) -> None:
        """Keep only model and branch in a narrow window."""
        self._small = small
        for button in self._buttons:
            button.setVisible(not (small and button.part.kind is Kind.DATASET))
        self.updateGeometry()
        self._place()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._place(), HEIGHT)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def _shown(self) -> list[PartButton]:
        return [b for b in self._buttons if not b.isHidden()]

    def _place(self) -> int:
        """Lay the parts out from the left; return the width in px."""
        x, before = 0, None
        for button in self._shown():
            size = button.sizeHint()
            if before is not None:
                rises = button.part.alive and not before.part.alive
                x += RISE if rises else JOIN + 12
            button.setGeometry(
                x, 0 if button.part.alive else HEIGHT // 2, size.width(), size.height()
            )
            x += size.width()
            before = button
        return x + 2

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        shown = self._shown()
        for before, after in pairwise(shown):
            if after.part.alive and not before.part.alive:
                self._paint_rise(painter, before.geometry().topRight(), after.geometry().topLeft())
            else:
                self._paint_join(painter, before, after)

    def _paint_join(self, painter: QPainter, before: PartButton, after: PartButton) -> None:
        c, y = colors(), before.geometry().center().y() + 0.5
        painter.setPen(paint.pen(c.accent if after.part.alive else c.frozen, 1.8))
        left, right = before.geometry().right() + 7, after.geometry().left() - 5
        painter.drawLine(QPointF(left, y), QPointF(right, y))

    def _paint_rise(self, painter: QPainter, start: QPoint, end: QPoint) -> None:
        c = colors()
        low, high = start.y() + HEIGHT / 4, end.y() + HEIGHT / 4
        left, right = start.x() + 7, end.x() - 4
        painter.setPen(paint.pen(c.frozen, 1.8))
        painter.drawLine(QPointF(left, low), QPointF(left + 26, low))
        branch = QPainterPath(QPointF(left + 8, low))
        middle = left + 17
        branch.cubicTo(
            QPointF(middle + 4, low), QPointF(middle - 2, high), QPointF(right - 6, high)
        )
        branch.lineTo(right, high)
        painter.setPen(paint.pen(c.accent, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(branch)

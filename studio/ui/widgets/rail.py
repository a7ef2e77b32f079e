"""The navigation rail: five pages in the order of the work, settings at the bottom."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.icons import paint_icon, paint_mark
from studio.ui.look.theme import colors
from studio.ui.look.tokens import WIDTH_RAIL
from studio.ui.widgets.parts import fill

HEIGHT_ITEM = 60
HEIGHT_MARK = 60
ICON = 24
PAGES = ("Data", "Model", "Train", "Chat", "Runs")


class RailItem(QAbstractButton):
    """One page: icon over label, a bar at the left edge when it is chosen."""

    def __init__(self, name: str, keys: str) -> None:
        super().__init__()
        self._live = False
        self.setText(name)
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({keys})")
        self.setFixedSize(WIDTH_RAIL - 1, HEIGHT_ITEM)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def set_live(self, live: bool) -> None:
        """Show or take the dot that says a run is going on behind this page."""
        self._live = live
        self.setAccessibleDescription("A run is in progress" if live else "")
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = paint.smooth(QPainter(self)), colors(), QRectF(self.rect())
        chosen = self.isChecked()
        if self.underMouse() and not chosen:
            painter.fillRect(area, QColor(c.hover))
        if chosen:
            paint.box(painter, QRectF(-3, 10, 6, HEIGHT_ITEM - 20), 2, c.accent)
        spot = QRectF((area.width() - ICON) / 2, 9, ICON, ICON)
        paint_icon(painter, self.text().lower(), spot, c.accent if chosen else c.muted)
        if self._live:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(c.accent))
            painter.drawEllipse(QPointF(spot.right() + 1, spot.top() + 1), 3, 3)
        font = fonts.font(Role.SMALL, fonts.BOLD if chosen else fonts.REGULAR)
        words = area.adjusted(0, 32, 0, -4)
        paint.text(painter, words, self.text(), font, c.text if chosen else c.muted, paint.CENTRE)


class Mark(QWidget):
    """The product's mark at the top of the rail."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(QSize(WIDTH_RAIL - 1, HEIGHT_MARK))
        self.setAccessibleName("Graft Studio")

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        spot = QRectF((self.width() - 36) / 2, 7, 36, 36)
        paint_mark(paint.smooth(QPainter(self)), spot, c.frozen, c.accent)


class Rail(QWidget):
    """The rail; arrow keys move between items, Space chooses. Its shortcuts are in the menus.

    Signals:
        page_chosen(str): name of the page the user went to, Settings included.
    """

    page_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Pages")
        self.setFixedWidth(WIDTH_RAIL)
        self._group = QButtonGroup(self)
        self._group.buttonClicked.connect(lambda item: self.page_chosen.emit(item.text()))
        self._items: dict[str, RailItem] = {}
        column = QVBoxLayout(self)
        fill(column, Mark())
        for index, name in enumerate(PAGES, 1):
            column.addWidget(self._item(name, f"Ctrl+{index}"))
        column.addStretch(1)
        fill(column, self._item("Settings", "Ctrl+,"), edge=(0, 0, 1, 4))

    def _item(self, name: str, keys: str) -> RailItem:
        item = self._items[name] = RailItem(name, keys)
        item.setCheckable(True)
        self._group.addButton(item)
        return item

    def choose(self, name: str) -> None:
        """Mark a page as the open one; sends no signal."""
        self._items[name].setChecked(True)

    def set_run_live(self, live: bool) -> None:
        """Say whether a run is in progress."""
        self._items["Train"].set_live(live)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), colors()
        painter.fillRect(self.rect(), QColor(c.bg))
        painter.fillRect(self.width() - 1, 0, 1, self.height(), QColor(c.border))

"""The views of a dataset as tabs, and what is done with all of it as quiet buttons beside them."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ui.look import fonts, paint
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import Button, fill

HEIGHT = 28
GAP = 10
"""Px between the tabs and the view below them."""


class ViewTabs(QWidget):
    """A row of tabs above a stack of views; one view alone is shown without its tab.

    Signals:
        chosen(str): the user went to the view of that name.
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Views of the dataset")
        self._names: list[str] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self._on_clicked)
        self._tabs, self._buttons = QHBoxLayout(), QHBoxLayout()
        fill(self._tabs, gap=2)
        fill(self._buttons, gap=2)
        self._row = QWidget()
        row = QHBoxLayout(self._row)
        fill(row, self._tabs, None, self._buttons)
        self._stack = QStackedWidget()
        column = QVBoxLayout(self)
        fill(column, self._row, gap=GAP)
        column.addWidget(self._stack, 1)
        self._row.hide()

    def add_view(self, name: str, view: QWidget) -> None:
        """Add a view below a tab of that name; the first one is shown."""
        tab = _Tab(name)
        self._group.addButton(tab, len(self._names))
        self._tabs.addWidget(tab)
        self._stack.addWidget(view)
        tab.setChecked(not self._names)
        self._names.append(name)
        self._show_row()

    def add_action(self, action: QAction) -> None:
        """Show an action as a quiet button right of the tabs."""
        button = Button(action.text(), kind="quiet", compact=True)
        button.setFont(fonts.font(fonts.Role.SMALL, fonts.MEDIUM))
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        self._buttons.addWidget(button)
        self._show_row()

    @property
    def current(self) -> str:
        """The name of the view in front."""
        return self._names[self._stack.currentIndex()]

    def show_view(self, name: str) -> None:
        """Bring a view to the front; sends no signal."""
        at = self._names.index(name)
        self._group.button(at).setChecked(True)
        self._stack.setCurrentIndex(at)

    def set_words(self, name: str, words: str) -> None:
        """Call a tab something else, for example with a count."""
        tab = self._group.button(self._names.index(name))
        tab.setText(words)
        tab.updateGeometry()

    def _show_row(self) -> None:
        several = len(self._names) > 1
        for tab in self._group.buttons():
            tab.setVisible(several)
        self._row.setVisible(several or self._buttons.count() > 0)

    def _on_clicked(self, at: int) -> None:
        self._stack.setCurrentIndex(at)
        self.chosen.emit(self._names[at])


class _Tab(QAbstractButton):
    """A word with a line below it while it is chosen; arrow keys go to the next one."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.setText(words)
        self.setCheckable(True)
        self.setFixedHeight(max(HEIGHT, round(HEIGHT * fonts.user_scale())))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def sizeHint(self) -> QSize:
        words = paint.width(self.text(), fonts.font(weight=fonts.BOLD))
        return QSize(round(words) + 22, self.height())

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        super().keyPressEvent(event)
        group = self.group()
        if group is not None and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            group.idClicked.emit(group.checkedId())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c, area = QPainter(self), colors(), QRectF(self.rect())
        chosen = self.isChecked()
        if chosen:
            painter.fillRect(area.adjusted(8, area.height() - 2, -8, 0), QColor(c.accent))
        font = fonts.font(weight=fonts.BOLD if chosen else fonts.MEDIUM)
        tone = c.text if chosen or self.underMouse() else c.muted
        paint.text(painter, area.adjusted(0, 0, 0, -2), self.text(), font, tone, paint.CENTRE)

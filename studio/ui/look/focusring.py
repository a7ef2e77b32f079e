"""The focus ring: 2 px, 2 px outside the focused button; one for the whole window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QWidget
from shiboken6 import isValid

from studio.ui.look import paint
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL

OUTSIDE = 4
"""Px from the widget's edge to the ring's outer edge: 2 of air, 2 of ring."""


class FocusRing(QWidget):
    """Follows the keyboard focus over buttons; inputs and lists draw their own."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._target: QWidget | None = None
        self._watched: list[QWidget] = []
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._on_focus_changed)
        self.hide()

    def _on_focus_changed(self, old: QWidget | None, now: QWidget | None) -> None:
        for widget in filter(isValid, self._watched):  # some may be deleted by now
            widget.removeEventFilter(self)
        wanted = isinstance(now, QAbstractButton) and self.window() is now.window()
        self._target = now if wanted else None
        self._watched = self._chain(self._target)
        for widget in self._watched:
            widget.installEventFilter(self)
        self._follow()

    def _chain(self, target: QWidget | None) -> list[QWidget]:
        """Return the target and what it lies in: when that moves, the target hears nothing."""
        found: list[QWidget] = []
        while target is not None and target is not self.window():
            found.append(target)
            target = target.parentWidget()
        return found

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kinds = QEvent.Type
        if event.type() in (kinds.Move, kinds.Resize, kinds.Hide, kinds.Show):
            self._follow()
        return False

    def _follow(self) -> None:
        target = self._target
        if target is None or not isValid(target) or not target.isVisible():
            self.hide()
            return
        origin = target.mapTo(self.window(), target.rect().topLeft())
        area = target.rect().translated(origin).adjusted(-OUTSIDE, -OUTSIDE, OUTSIDE, OUTSIDE)
        self.setGeometry(area & self.window().rect())  # stays whole at the window's edge
        self.show()
        self.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        ring = paint.pen(colors().focus, 2)
        paint.box(painter, QRectF(self.rect()), RADIUS_CONTROL + 2, edge=ring)

"""The toast: bottom centre, one line, a way back; one at a time, 8 s."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QEnterEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from studio.ui.look import paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import MARGIN, RADIUS_CARD
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, label, plain_tip

STAY_MS = 8000
HEIGHT = 44
ABOVE_EDGE = 46


class Toast(QWidget):
    """What just happened and how to take it back; the window owns it.

    Signals:
        way_back_changed(): it offers a way back, or does not any more.

    Attributes:
        undo_button: shown when there is a way back.
    """

    way_back_changed = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._way_back: Callable[[], object] | None = None
        self._icon = IconLabel("okay", "text")
        self._words = Elided("", Role.BODY, "text")
        self._words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.undo_button = Button("Undo", kind="quiet", compact=True)
        self.undo_button.setProperty("act", True)
        self.undo_button.setToolTip(plain_tip("Undo (Ctrl+Z)"))
        self.undo_button.clicked.connect(self.take_back)
        self._keys = label("Ctrl Z", Role.CAPTION, tone="muted")
        row = QHBoxLayout(self)
        fill(row, self._icon, gap=10, edge=(14, 0, 16, 0))
        row.addWidget(self._words, 1)
        fill(row, self.undo_button, self._keys, gap=10, edge=(14, 0, 16, 0))
        self.setFixedHeight(HEIGHT)
        self._timer = QTimer(self, singleShot=True, interval=STAY_MS)
        self._timer.timeout.connect(self._on_time_over)
        window.installEventFilter(self)
        self.hide()

    def say(self, sentence: str, way_back: Callable[[], object] | None = None) -> None:
        """Show one sentence, and Undo if there is a way back; the toast before it goes."""
        self._words.setText(sentence)
        self.setAccessibleName(sentence)
        self._offer(way_back)
        self.show()
        self.raise_()
        self._timer.start()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_now()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _on_time_over(self) -> None:
        if self.undo_button.hasFocus():
            self._timer.start()
        else:
            self.close_now()

    @property
    def offered(self) -> str:
        """What it offers to take back; empty if it offers nothing."""
        return self._words.text() if self._way_back is not None else ""

    def forget_way_back(self) -> None:
        """Offer no way back any more, since the next step back would be another one."""
        if self._way_back is not None:
            self._offer(None)

    def _offer(self, way_back: Callable[[], object] | None) -> None:
        self._way_back = way_back
        self._icon.set_icon("undo" if way_back else "okay", "text")
        for part in (self.undo_button, self._keys):
            part.setVisible(way_back is not None)
        self._place()
        self.way_back_changed.emit()

    def close_now(self) -> None:
        """Take the toast away."""
        self._timer.stop()
        self.forget_way_back()
        self.hide()

    def take_back(self) -> None:
        """Take back what it says, if it offers that, and go."""
        way_back = self._way_back
        self.close_now()
        if way_back is not None:
            way_back()

    def _place(self) -> None:
        area = self._window.rect()
        wide = paint.width(self._words.text(), self._words.font()) + 60
        wide += 120 if self._way_back else 0
        self.resize(min(max(round(wide), 220), area.width() - 2 * MARGIN), HEIGHT)
        self.move((area.width() - self.width()) // 2, area.height() - HEIGHT - ABOVE_EDGE)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CARD, c.raised, c.border_strong)

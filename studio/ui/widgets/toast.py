"""The toast: bottom centre, one line, a way back; one at a time, 8 s."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.look import paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CARD
from studio.ui.widgets.parts import Button, IconLabel, fill, label

STAY_MS = 8000
HEIGHT = 44
ABOVE_EDGE = 46


class Toast(QWidget):
    """What just happened and how to take it back; the window owns it.

    Signals:
        undo_requested(): the user wants it back.
    """

    undo_requested = Signal()

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._words = label("")
        self._undo = Button("Undo", kind="quiet", compact=True)
        self._undo.setProperty("act", True)
        self._undo.setToolTip("Undo (Ctrl+Z)")
        self._undo.clicked.connect(self._take_back)
        keys = label("Ctrl Z", Role.CAPTION, tone="muted")
        row = QHBoxLayout(self)
        fill(row, IconLabel("delete", "text"), self._words, 24, self._undo, keys, gap=10)
        row.setContentsMargins(14, 0, 16, 0)
        self.setFixedHeight(HEIGHT)
        self._timer = QTimer(self, singleShot=True, interval=STAY_MS)
        self._timer.timeout.connect(self.hide)
        window.installEventFilter(self)
        self.hide()

    def say(self, sentence: str) -> None:
        """Show one sentence; the one before it goes."""
        self._words.setText(sentence)
        self.setAccessibleName(sentence)
        self.adjustSize()
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        self._timer.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._place()
        return False

    def _take_back(self) -> None:
        self.hide()
        self.undo_requested.emit()

    def _place(self) -> None:
        area = self._window.rect()
        self.move((area.width() - self.width()) // 2, area.height() - HEIGHT - ABOVE_EDGE)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        painter = paint.smooth(QPainter(self))
        paint.box(painter, QRectF(self.rect()), RADIUS_CARD, c.raised, c.border_strong)

"""A field for a size of memory in GiB."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QDoubleSpinBox

from studio.core.units import GIB
from studio.ui.widgets.stepping import draw_arrows, set_up, takes_wheel

LEAST, MOST = 0.1, 9999.0
WIDTH = 112


class SizeField(QDoubleSpinBox):
    """A number of GiB with one decimal; told when it is whole, not while it is typed.

    Signals:
        edited(object): the user set another size, in bytes.
    """

    edited = Signal(object)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setRange(LEAST, MOST)
        self.setDecimals(1)
        self.setSuffix(" GiB")
        set_up(self, name, WIDTH)
        self.valueChanged.connect(lambda value: self.edited.emit(round(value * GIB)))

    def show_bytes(self, size: int) -> None:
        """Show a size without telling that it was edited; not while the user types another."""
        shown = round(size / GIB, 1)
        if shown != self.value() and not (self.hasFocus() and self.lineEdit().isModified()):
            with QSignalBlocker(self):
                self.setValue(shown)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the page, not the value, unless the field has the focus."""
        if takes_wheel(self, event):
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrows(self)

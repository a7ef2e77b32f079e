"""Builds pages before anybody asks for them, in the time that the window does not need."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.ui.pages import page_pieces

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow

SLICE_SECONDS = 0.008
"""Modules are imported for so long at a time: half of a frame of a screen."""


class PagesAhead(QObject):
    """Imports a page's modules a few at a time, then builds it; owned by the window.

    Signals:
        done(): no page is left.
    """

    done = Signal()

    def __init__(self, names: Sequence[str], window: StudioWindow) -> None:
        super().__init__(window)
        self._names, self._window = names, window
        self._name = ""
        self._pieces: Iterator[str] = iter(())

    def go_on(self) -> None:
        """Do a piece of the work, and the next when the window is idle again."""
        name = next((name for name in self._names if not self._window.has_page(name)), None)
        if name is None:
            self.done.emit()
            return
        if name != self._name:
            self._name, self._pieces = name, page_pieces(name)
        until = time.perf_counter() + SLICE_SECONDS
        for _module in self._pieces:
            if time.perf_counter() >= until:
                break
        else:
            self._window.page(name)
        QTimer.singleShot(0, self, self.go_on)

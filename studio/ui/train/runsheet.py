"""What a run's page stands on: as high as its parts need, scrolled where the window is lower."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.look import tokens
from studio.ui.widgets.parts import fill

LEAST_WIDTH = 640
PANELS = 400
"""Px within which two plots below each other, and what stands beside them, can be read."""
PANELS_SMALL = 240
"""The same of one panel, or of two plots side by side."""


class RunSheet(QWidget):
    """Parts below each other; the last takes the height that the others leave, or its least.

    Args:
        told: what stands above the panels; as many of them as are shown.
        panels: the rest.
    """

    def __init__(self, told: Sequence[QWidget], panels: QWidget) -> None:
        super().__init__()
        self._told = told
        self.least = PANELS
        """Px of height that the panels get in any window."""
        column = fill(QVBoxLayout(self), *told, gap=tokens.GAP_CARD)
        column.addWidget(panels, 1)

    def minimumSizeHint(self) -> QSize:
        return QSize(LEAST_WIDTH, self.least)  # the layout's own counts words at their narrowest

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height with which everything can be read."""
        shown = [part for part in self._told if not part.isHidden()]
        return self.least + sum(_height(part, width) + tokens.GAP_CARD for part in shown)


def _height(part: QWidget, width: int) -> int:
    if part.hasHeightForWidth():
        return part.heightForWidth(width)
    return part.sizeHint().height()

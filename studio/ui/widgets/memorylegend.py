"""The columns below the memory bar: one a family, with its sum and its parts."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.memorybar import part_brush
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan
from studio.ui.widgets.parts import fill, label

SENSE = {
    "Frozen": "the base model",
    "Living": "what is trained",
    "Passing": "while a step runs",
    "Fixed": "CUDA and buffers",
    "Others": "",
}
ORDER = ("Frozen", "Living", "Passing", "Fixed", "Others")


class Swatch(QWidget):
    """A small square in the colour of a part."""

    def __init__(self, part: MemoryPart) -> None:
        super().__init__()
        self._part = part
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = paint.smooth(QPainter(self))
        edge = colors().others_hatch if self._part.tone == "others" else ""
        paint.box(painter, QRectF(self.rect()), 2, part_brush(self._part), edge)  # type: ignore[arg-type]


class MemoryLegend(QWidget):
    """Columns of a plan; five beside each other, three when narrow."""

    def __init__(self, plan: MemoryPlan) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(10)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        families = plan.families()
        self._columns = [self._column(name, families[name]) for name in ORDER if name in families]
        self.set_small(False)

    def set_small(self, small: bool) -> None:
        """Wrap the columns to three a row, or put all in one."""
        per_row = 3 if small else len(self._columns)
        for index, column in enumerate(self._columns):
            self._grid.addWidget(column, index // per_row, index % per_row)
        for at in range(len(self._columns)):
            self._grid.setColumnStretch(at, 1 if at < per_row else 0)

    def _column(self, name: str, parts: list[MemoryPart]) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        total = label(f"{sum(p.gib for p in parts):.1f}", Role.SMALL, fonts.BOLD)
        head = fill(
            QHBoxLayout(),
            label(name, Role.SMALL, fonts.BOLD),
            label(SENSE[name], Role.CAPTION, tone="muted"),
            None,
            total,
            gap=6,
        )
        fill(column, head, *(self._row(part) for part in parts), None, gap=3)
        return made

    def _row(self, part: MemoryPart) -> QHBoxLayout:
        words = label(part.name, Role.SMALL, tone="muted")
        return fill(
            QHBoxLayout(), Swatch(part), words, None, label(f"{part.gib:.2f}", Role.SMALL), gap=7
        )  # type: ignore[return-value]

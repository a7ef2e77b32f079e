"""The columns below the memory bar: one a family, with its sum and its parts."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.memorybar import part_brush
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan
from studio.ui.widgets.parts import Elided, fill, label, plain_tip

SENSE = {
    "Frozen": "the base model",
    "Living": "what is trained",
    "Passing": "while a step runs",
    "Fixed": "libraries, buffers",
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
        paint.box(painter, QRectF(self.rect()), 2, part_brush(self._part), edge)


class MemoryLegend(QWidget):
    """Columns of a plan; five beside each other, three when narrow."""

    def __init__(self) -> None:
        super().__init__()
        self._small = False
        self._shape: tuple[tuple[str, str, str], ...] = ()
        self._columns: list[QWidget] = []
        self._numbers: dict[tuple[str, str], QLabel] = {}
        self._rows: dict[tuple[str, str], QWidget] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(10)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def set_plan(self, plan: MemoryPlan) -> None:
        """Show another plan; while its parts are the same only the numbers change."""
        shape = tuple((part.family, part.name, part.tone) for part in plan.parts)
        families = plan.families()
        if shape != self._shape:
            self._shape = shape
            self._rebuild(families)
        for family, parts in families.items():
            if family not in ORDER:
                continue
            self._numbers[family, ""].setText(f"{sum(part.gib for part in parts):.1f}")
            for part in parts:
                self._numbers[family, part.name].setText(f"{part.gib:.2f}")
                self._rows[family, part.name].setToolTip(plain_tip(part.spoken()))

    def set_small(self, small: bool) -> None:
        """Wrap the columns to three a row, or put all in one."""
        self._small = small
        per_row = 3 if small else max(1, len(self._columns))
        for index, column in enumerate(self._columns):
            self._grid.addWidget(column, index // per_row, index % per_row)
        for at in range(len(ORDER)):
            self._grid.setColumnStretch(at, 1 if at < min(per_row, len(self._columns)) else 0)

    def _rebuild(self, families: dict[str, list[MemoryPart]]) -> None:
        for column in self._columns:
            self._grid.removeWidget(column)
            column.setParent(None)
            column.deleteLater()
        self._numbers.clear()
        self._rows.clear()
        names = [name for name in ORDER if name in families]
        self._columns = [self._column(name, families[name]) for name in names]
        self.set_small(self._small)

    def _column(self, name: str, parts: list[MemoryPart]) -> QWidget:
        made = QWidget()
        total = self._numbers[name, ""] = label("", Role.SMALL, fonts.BOLD)
        head = fill(QHBoxLayout(), label(name, Role.SMALL, fonts.BOLD), gap=6)
        head.addWidget(Elided(SENSE[name], Role.CAPTION), 1)
        head.addWidget(total)
        fill(QVBoxLayout(made), head, *(self._row(part) for part in parts), None, gap=3)
        return made

    def _row(self, part: MemoryPart) -> QWidget:
        number = self._numbers[part.family, part.name] = label("", Role.SMALL)
        made = self._rows[part.family, part.name] = QWidget()
        row = fill(QHBoxLayout(made), Swatch(part), gap=7)
        row.addWidget(Elided(part.name), 1)
        row.addWidget(number)
        return made

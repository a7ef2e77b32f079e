"""Names and values in two columns, as a card lists what is known."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import label, prose

Fact = tuple[str, str]


class FactList(QWidget):
    """Facts that change in place; values wrap."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(14)
        self._grid.setVerticalSpacing(7)
        self._grid.setColumnStretch(1, 1)
        self._rows: list[tuple[QLabel, QLabel]] = []

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show other names and values."""
        while len(self._rows) < len(facts):
            name, value = label("", Role.SMALL, tone="muted"), prose("", Role.SMALL, tone="")
            value.setFont(fonts.font(Role.SMALL, fonts.MEDIUM))
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            at = len(self._rows)
            self._grid.addWidget(name, at, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, at, 1)
            self._rows.append((name, value))
        for index, (name, value) in enumerate(self._rows):
            there = index < len(facts)
            name.setVisible(there)
            value.setVisible(there)
            if there and (name.text(), value.text()) != facts[index]:
                name.setText(facts[index][0])
                value.setText(facts[index][1])
                value.setAccessibleName(f"{facts[index][0]}: {facts[index][1]}")

"""How long each text of a dataset is, as small histograms with their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.bars import Columns
from studio.ui.widgets.parts import fill, label


class FieldLengths(QWidget):
    """One histogram for each text, in characters."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Characters per text")
        self._column = QVBoxLayout(self)
        fill(self._column, gap=12)
        self._parts: dict[str, tuple[QWidget, Columns]] = {}

    def show_fields(self, fields: Sequence[Mapping[str, Any]]) -> None:
        """Show what checks counted; see ``studio.data.checks.statistics``."""
        names = [field["name"] for field in fields]
        for name in [name for name in self._parts if name not in names]:
            part, _ = self._parts.pop(name)
            self._column.removeWidget(part)
            part.hide()
            part.deleteLater()
        for field in fields:
            self._show(field)

    def _show(self, field: Mapping[str, Any]) -> None:
        name = str(field["name"])
        if name not in self._parts:
            self._parts[name] = self._made(name)
            self._column.addWidget(self._parts[name][0])
        part, columns = self._parts[name]
        words = f"median {field['median']:,} · longest {field['longest']:,}"
        if field["empty"]:
            words += f" · empty in {field['empty']:,}"
        part.findChildren(QWidget, "words")[0].setProperty("text", words)
        columns.set_counts(field["edges"], field["counts"], words)

    def _made(self, name: str) -> tuple[QWidget, Columns]:
        words = label("", Role.SMALL, tone="muted")
        words.setObjectName("words")
        head = fill(
            QHBoxLayout(), label(name.capitalize(), Role.SMALL, fonts.BOLD), words, None, gap=8
        )
        columns = Columns(f"Characters of {name}", "characters")
        made = QWidget()
        fill(QVBoxLayout(made), head, columns, gap=2)
        return made, columns

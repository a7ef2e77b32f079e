"""Lists what an import could not take in: line, byte and reason, and the line as it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QApplication, QWidget

from studio.data.store import LeftOut
from studio.ui.dialogs.frame import Dialog
from studio.ui.widgets.lists import Cell, Rows, RowTable

HEADS = ("Line", "Byte", "Why", "The line")
WIDTHS = {0: 76, 1: 100, 3: 240}
SIZE = (780, 440)


class LeftOutDialog(Dialog):
    """A plain table of the lines that were left out; the dataset and the file stay as they are."""

    def __init__(self, parent: QWidget | None, name: str, left_out: Sequence[LeftOut]) -> None:
        count = f"{len(left_out):,} {'line is' if len(left_out) == 1 else 'lines are'}"
        super().__init__(
            parent,
            f"{count} not in {name}",
            "The file was not changed. Mend these lines there and import it again, or go on"
            " without them.",
        )
        self._left_out = list(left_out)
        self._model = Rows(HEADS, frozenset((0, 1)))
        self._model.setParent(self)
        self._model.set_rows([_cells(entry) for entry in left_out])
        self.table = RowTable("Lines that were left out", self._model, WIDTHS)
        self.body.addWidget(self.table)
        self.resize(*SIZE)
        copy = self.add_act("Copy the list")
        copy.clicked.disconnect(self.reject)
        copy.clicked.connect(self.copy)
        self.add_act("Close", "primary")

    def copy(self) -> None:
        """Put the list on the clipboard, one line each, with tabs between."""
        lines = (f"{each.line}\t{each.byte}\t{each.reason}" for each in self._left_out)
        QApplication.clipboard().setText("\n".join(lines))


def _cells(entry: LeftOut) -> tuple[Cell, ...]:
    shown = " ".join(entry.preview.split())
    return (
        Cell(f"{entry.line:,}", "muted", right=True),
        Cell(f"{entry.byte:,}", "muted", right=True),
        Cell(entry.reason, tip=entry.reason),
        Cell(shown, "muted", tip=entry.preview),
    )

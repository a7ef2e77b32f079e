"""Shows what is about to be pasted, and asks where it goes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from studio.core.example import FIELDS, Kind
from studio.data.packing import Ids
from studio.data.spreadsheet import Block, left_out
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.widgets.lists import Cell, Rows, RowTable
from studio.ui.widgets.parts import prose
from studio.ui.widgets.segmented import Segmented

OVER, AS_ROWS, AS_ONE = range(3)
"""Over the cells there are; as new rows; all of it as the text of one cell."""
MOST_ROWS, MOST_COLUMNS = 200, 8
"""What of the block is shown."""
SHOWN = 120
"""Characters of a cell that are shown."""
SIZE = (720, 460)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where something is pasted.

    Attributes:
        rows: ids of the rows that are selected, in the order of the table, (N,).
        fields: the texts from the current cell on to the right; empty if there are none.
        here: the current cell is the first of them.
        number: of the first row in the dataset, from 1.
    """

    rows: Ids
    fields: tuple[str, ...]
    here: bool
    number: int


class PasteDialog(Dialog):
    """A preview of a block of cells with the choice of where it goes.

    Attributes:
        way: OVER, AS_ROWS or AS_ONE; what the user chose.
    """

    def __init__(
        self, parent: QWidget | None, block: Block, kind: Kind, spot: Spot, way: int
    ) -> None:
        count, wide = len(block.rows), block.width
        size = f"{count:,} {'row' if count == 1 else 'rows'}"
        size = f"{size} of {wide} {'cell' if wide == 1 else 'cells'}"
        super().__init__(parent, f"Paste {size}", "One step; Undo takes all of it back.")
        self._block, self._kind, self._spot = block, kind, spot
        self.way = way
        self.choice = Segmented(
            "Where it goes",
            f"Over the cells from row {spot.number:,}",
            f"New rows below row {spot.number:,}",
            "One text in this cell",
            current=way,
        )
        self.sentence = prose("", Role.SMALL)
        heads = [f"Column {at + 1}" for at in range(min(wide, MOST_COLUMNS))]
        model = Rows(heads)
        model.setParent(self)
        model.set_rows([_cells(row) for row in block.rows[:MOST_ROWS]])
        self.table = RowTable("What is pasted", model)
        self.body.addWidget(self.choice)
        self.body.addWidget(self.sentence)
        self.body.addWidget(self.table, 1)
        self.add_act("Cancel")
        self.paste_button = self.add_act("Paste", "primary")
        self.choice.chosen.connect(self._on_chosen)
        self.resize(*SIZE)
        if not spot.fields:
            self.choice.setVisible(False)  # a cell without a text takes none
        self._say()

    def _on_chosen(self, way: int) -> None:
        self.way = way
        self._say()

    def _say(self) -> None:
        block, fields = self._block, self._spot.fields
        words = ""
        if self.way == OVER:
            named = ", ".join(fields[: block.width])
            words = f"The texts of {named} are replaced; rows past the last one are added."
            words += _lost(block.width - len(fields))
        elif self.way == AS_ROWS:
            words = self._say_rows()
        else:
            words = f"All of it becomes the {fields[0]} of {len(self._spot.rows):,} selected."
        if len(block.rows) > MOST_ROWS:
            words += f" The first {MOST_ROWS} rows are shown."
        self.sentence.setText(words)

    def _say_rows(self) -> str:
        block, kind = self._block, self._kind
        if kind is Kind.CONVERSATION:
            return "Each row becomes a conversation: user and assistant in turn."
        names = block.heading(kind)
        if names:
            return f"The first row names the texts: {', '.join(names)}."
        named = ", ".join(FIELDS[kind][: block.width])
        return f"The columns become {named}." + _lost(left_out(block, kind))


def _lost(columns: int) -> str:
    if columns < 1:
        return ""
    what = "1 column has" if columns == 1 else f"{columns:,} columns have"
    return f" {what} no place and will be left out."


def _cells(row: tuple[str, ...]) -> tuple[Cell, ...]:
    shown = (" ".join(cell[:SHOWN].split()) for cell in row[:MOST_COLUMNS])
    return tuple(Cell(text or "–", "text" if text else "muted") for text in shown)

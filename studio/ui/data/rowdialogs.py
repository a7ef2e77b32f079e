"""Small questions about several rows: which tag to put on them, and where they go."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCompleter, QLineEdit, QWidget

from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import SpinField


class TagDialog(Dialog):
    """A line for a tag, with those of the dataset to choose from.

    Attributes:
        line: where the tag is typed.
    """

    def __init__(self, parent: QWidget | None, count: int, known: Sequence[str]) -> None:
        super().__init__(parent, f"Tag {count:,} rows")
        self.line = QLineEdit()
        self.line.setFont(fonts.font())
        self.line.setAccessibleName("Tag")
        self.line.setPlaceholderText("A word or two")
        completer = QCompleter(list(known), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.line.setCompleter(completer)
        self.body.addWidget(self.line)
        self.add_act("Cancel")
        self._act = self.add_act(f"Tag {count:,} rows", "primary")
        self.line.textChanged.connect(self._on_changed)
        self._on_changed()

    @property
    def tag(self) -> str:
        """The tag, without blanks around it."""
        return " ".join(self.line.text().split())

    def _on_changed(self) -> None:
        self._act.setEnabled(bool(self.tag))


class MoveDialog(Dialog):
    """Asks for the row before which rows are to stand.

    Attributes:
        number: the row, from 1; one past the last puts them at the end.
    """

    def __init__(self, parent: QWidget | None, count: int, of: int) -> None:
        rows = "the row" if count == 1 else f"{count:,} rows"
        super().__init__(parent, f"Move {rows}", "They keep their order.")
        self.number = SpinField(1, of + 1)
        self.number.setMinimum(1)
        self.body.addWidget(
            FormRow("Before row", self.number, f"1 is the first; {of + 1:,} puts them at the end.")
        )
        self.add_act("Cancel")
        self.add_act("Move", "primary")
        self.number.selectAll()

"""The texts of a row as fields: what every form is, and the form of triples and of running text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from studio.core.example import FIELDS, Kind
from studio.data.store import Row
from studio.ui.data.textfield import TextField
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import fill, label

LINES = {
    "instruction": (1, 3),
    "input": (1, 3),
    "output": (4, 4),
    "text": (6, 6),
    "prompt": (1, 4),
    "chosen": (3, 3),
    "rejected": (3, 3),
}
"""Lines of each text at least and at most; fields that grow take the room there is."""
WORDS = ("Instruction", "Rejected")
"""The widest labels of fields; all forms put their fields below each other at one edge."""


class RowForm(QWidget):
    """Edits the texts of one row; the record card owns one for each kind and saves.

    Signals:
        typed(str): a text is being changed.
        left(): the focus is elsewhere now.
        changed(str, object): name of a step and its {field: new text}, to be saved at once.
    """

    typed = Signal(str)
    left = Signal()
    changed = Signal(str, object)

    def show_row(self, row: Row | None, *, other: bool, typed: str = "") -> None:
        """Show a row, or none; sends no signal.

        Args:
            row: what to show.
            other: it is another row than before.
            typed: the text that is being typed, which is left alone.
        """
        raise NotImplementedError

    def text(self, field: str) -> str:
        """Return a text as it is in the form."""
        raise NotImplementedError

    def fault(self, field: str) -> str:
        """Return why a text cannot be saved as it is; empty if it can."""
        raise NotImplementedError

    def focus(self, field: str = "") -> None:
        """Give the keyboard to a text, to the first if none is named."""
        raise NotImplementedError

    def set_small(self, small: bool) -> None:
        """Take less height in a small window."""


class FieldsForm(RowForm):
    """Texts below each other with their names beside them; one text alone needs no name.

    Args:
        kind: of the rows; its texts are plain.
        growing: the texts that share the room there is.
    """

    def __init__(self, kind: Kind, growing: Sequence[str]) -> None:
        super().__init__()
        self.fields = {name: TextField(name.capitalize(), *LINES[name]) for name in FIELDS[kind]}
        self._growing = tuple(growing)
        connect_fields(self, self.fields)
        if len(self.fields) == 1:
            (field,) = self.fields.values()
            fill(QVBoxLayout(self), field)
        else:
            self._lay_out()
        for name in growing:
            self.fields[name].let_grow()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(9)
        grid.setColumnMinimumWidth(0, label_width())
        grid.setColumnStretch(1, 1)
        for at, (name, field) in enumerate(self.fields.items()):
            words = field_label(name.capitalize(), field)
            grid.addWidget(words, at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, at, 1)
            grid.setRowStretch(at, name in self._growing)

    def show_row(self, row: Row | None, *, other: bool, typed: str = "") -> None:
        for name, field in self.fields.items():
            if row is None or name != typed:
                field.show_text(row.text(name) if row else "")
            field.setReadOnly(row is None or not field.whole)

    def text(self, field: str) -> str:
        return self.fields[field].text()

    def fault(self, field: str) -> str:
        return ""

    def focus(self, field: str = "") -> None:
        name = field if field in self.fields else next(iter(self.fields))
        self.fields[name].setFocus()

    def set_small(self, small: bool) -> None:
        for name in self._growing:
            self.fields[name].set_least(LINES[name][0] - small)


def connect_fields(form: RowForm, fields: Mapping[str, TextField]) -> None:
    """Have a form say what is typed in plain fields."""
    for name, field in fields.items():
        field.typed.connect(lambda name=name: form.typed.emit(name))
        field.left.connect(form.left)


def field_label(words: str, buddy: QWidget) -> QLabel:
    """Return the name that stands beside a field."""
    made = label(words, Role.SMALL, fonts.MEDIUM)
    made.setBuddy(buddy)
    made.setContentsMargins(0, 7, 0, 0)
    return made


def label_width() -> int:
    """Return the px that the names of fields take."""
    font = fonts.font(Role.SMALL, fonts.MEDIUM)
    return round(max(paint.width(words, font) for words in WORDS)) + 1

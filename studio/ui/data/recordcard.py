"""The row in hand: its texts as fields that save themselves, its split, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from studio.app.rowchecks import STOP, FoundFault
from studio.core.example import FIELDS, SPLITS, Kind
from studio.data.store import Row
from studio.ui.data.textfield import TextField
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, ChoiceField, IconLabel, fill, label

SAVE_MS = 400
"""From the first key that is not saved until it is."""
SESSION_SECONDS = 3.0
"""A pause in typing after which a new undo step begins."""
SHORT_WORDS = {
    "end_cut": "answer cut",
    "answer_cut": "no answer left",
    "no_answer": "no answer",
    "leak": "held out and trained",
    "special_text": "turn mark in text",
    "no_end": "no end of turn",
}
_LINES = {"instruction": (1, 3), "input": (1, 3), "output": (4, 4)}


class RecordCard(Card):
    """Edits one row; what is typed is handed on within half a second.

    Signals:
        edited(int, str, str, bool): row id, column, its new text, and whether it goes on with the
            edit before, so that both are one undo step.
        step_asked(int): the user wants the row before (-1) or after (1).
        duplicate_asked(): a copy of the row is wanted.
        delete_asked(): the row is to go.
        split_chosen(int, str): row id and the split it is to be in.
    """

    edited = Signal(int, str, str, bool)
    step_asked = Signal(int)
    duplicate_asked = Signal()
    delete_asked = Signal()
    split_chosen = Signal(int, str)

    def __init__(self) -> None:
        self.before_button = Button("Row before (Alt+Up)", "up", "icon")
        self.after_button = Button("Row after (Alt+Down)", "down", "icon")
        self.duplicate_button = Button("Duplicate (Ctrl+D)", "duplicate", "icon")
        self.delete_button = Button("Delete (Ctrl+Delete)", "delete", "icon")
        buttons = (
            self.before_button,
            self.after_button,
            self.duplicate_button,
            self.delete_button,
        )
        super().__init__("Row", "", *buttons)
        self.setAccessibleName("Row in hand")
        self.badge = Badge()
        layout = self.header.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(1, self.badge)
        self._row: Row | None = None
        self._column = ""  # being typed in and not handed on yet
        self._session: tuple[int, str, float] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._timer.timeout.connect(self.flush)
        self.fields = {
            name: TextField(name.capitalize(), *_LINES[name]) for name in FIELDS[Kind.TRIPLE]
        }
        self.fields["output"].let_grow()
        self.split_field = ChoiceField(*SPLITS)
        self.split_field.setAccessibleName("Split")
        self.split_field.setMinimumContentsLength(10)
        self._saved_icon, self._saved = IconLabel("check", "muted", 14), QLabel()
        self.body.addLayout(self._grid())
        self._connect()
        self.show_row(None, 0)

    def _grid(self) -> QGridLayout:
        self._saved = label("Saved", Role.SMALL, tone="muted")
        grid = QGridLayout()
        grid.setContentsMargins(13, 12, 14, 12)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(9)
        for at, (name, field) in enumerate(self.fields.items()):
            grid.addWidget(_field_label(name, field), at, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, at, 1)
        grid.setRowStretch(2, 1)
        grid.addWidget(_field_label("split", self.split_field), 3, 0, Qt.AlignmentFlag.AlignTop)
        last = fill(QHBoxLayout(), self.split_field, None, self._saved_icon, self._saved, gap=6)
        grid.addLayout(last, 3, 1)
        return grid

    def _connect(self) -> None:
        self.before_button.clicked.connect(lambda: self.step_asked.emit(-1))
        self.after_button.clicked.connect(lambda: self.step_asked.emit(1))
        self.duplicate_button.clicked.connect(self.duplicate_asked)
        self.delete_button.clicked.connect(self.delete_asked)
        self.split_field.activated.connect(self._on_split_activated)
        for name, field in self.fields.items():
            field.typed.connect(lambda name=name: self._on_typed(name))
            field.left.connect(self._on_left)

    def show_row(self, row: Row | None, number: int) -> None:
        """Show a row and its number (from 1), or none; what was typed before is handed on."""
        if row is None or self._row is None or row.id != self._row.id:
            self.flush()
            self._session = None
        self._row = row
        self.title.setText(f"Row {number:,}" if row else "No row")
        for name, field in self.fields.items():
            if row is None or name != self._column:
                field.show_text(row.text(name) if row else "")
            field.setReadOnly(row is None or not field.whole)
        self.split_field.setEnabled(row is not None)
        self.split_field.setCurrentText(row.split if row else SPLITS[0])
        for button in (self.duplicate_button, self.delete_button):
            button.setEnabled(row is not None)
        self._say_saved()

    def set_steps(self, before: bool, after: bool) -> None:
        """Say whether there is a row before and after this one."""
        self.before_button.setEnabled(before)
        self.after_button.setEnabled(after)

    def set_small(self, small: bool) -> None:
        """Take less height in a small window."""
        self.fields["output"].set_least(3 if small else 4)

    def set_faults(self, faults: Sequence[FoundFault]) -> None:
        """Show the gravest thing that is wrong with the row as a badge."""
        if not faults:
            self.badge.say("", "", "plain")
            self.badge.setToolTip("")
            return
        worst = faults[0]
        words = SHORT_WORDS.get(worst.code, worst.code.replace("_", " "))
        stop = worst.level == STOP
        self.badge.say("error" if stop else "warning", words, "danger" if stop else "warning")

    @property
    def row_id(self) -> int:
        """The id of the row shown, 0 for none."""
        return self._row.id if self._row else 0

    def flush(self) -> None:
        """Hand on what was typed and is not saved yet."""
        self._timer.stop()
        column, self._column = self._column, ""
        row = self._row
        if not column or row is None:
            return
        text = self.fields[column].text()
        now = time.monotonic()
        goes_on = self._session is not None and (
            self._session[:2] == (row.id, column) and now - self._session[2] < SESSION_SECONDS
        )
        self._session = (row.id, column, now)
        self.edited.emit(row.id, column, text, goes_on)

    def show_unsaved(self) -> None:
        """Say that the last edit is not on the disk; it stays in the field."""
        self._saved_icon.set_icon("error", "danger")
        self._saved.setText("Not saved")

    def _say_saved(self) -> None:
        self._saved_icon.setVisible(self._row is not None)
        self._saved_icon.set_icon("edit" if self._column else "check", "muted")
        words = "Saving" if self._column else "Saved"
        self._saved.setText(words if self._row else "")

    def _on_typed(self, column: str) -> None:
        if self._column and self._column != column:
            self.flush()
        self._column = column
        if not self._timer.isActive():
            self._timer.start()
        self._say_saved()

    def _on_left(self) -> None:
        self.flush()
        self._session = None

    def _on_split_activated(self) -> None:
        if self._row is not None:
            self.split_chosen.emit(self._row.id, self.split_field.currentText())


def _field_label(name: str, buddy: QWidget) -> QLabel:
    made = label(name.capitalize(), Role.SMALL, fonts.MEDIUM)
    made.setBuddy(buddy)
    made.setContentsMargins(0, 7, 0, 0)
    return made

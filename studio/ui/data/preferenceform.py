"""The form of a preference: the question, the better and the worse answer, the turns before."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.example import ExampleError, turns_of
from studio.data.passages import TURNS
from studio.data.store import Row
from studio.ui.data.conversationform import scrolling
from studio.ui.data.rowform import LINES, RowForm, connect_fields, field_label
from studio.ui.data.textfield import TextField
from studio.ui.data.turnsfield import TurnsField
from studio.ui.widgets.parts import Button, IconLabel, fill

BESIDE = 560
"""Px from which the answers stand side by side."""
CHOSEN, REJECTED = "chosen", "rejected"


class PreferenceForm(RowForm):
    """Edits a prompt with two answers; a button swaps them.

    Attributes:
        fields: prompt, chosen and rejected.
        turns: what was said before the prompt, shown when asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self._row: Row | None = None
        names = ("prompt", CHOSEN, REJECTED)
        self.fields = {name: TextField(name.capitalize(), *LINES[name]) for name in names}
        self.turns = TurnsField()
        self.turns_button = Button("", "right", "quiet", compact=True)
        self.turns_button.setCheckable(True)
        self.swap_button = Button("Swap", "compare", compact=True)
        self.swap_button.setToolTip("Make the chosen answer the rejected one, and the other way")
        self.swap_button.setAccessibleName("Swap the answers")
        self._answers = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._lay_out()
        self._connect()
        self._show_turns()

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        head = QHBoxLayout()
        fill(head, field_label("Prompt", self.fields["prompt"]), None, self.turns_button)
        self._answers.setSpacing(10)
        for name, icon, tone in ((CHOSEN, "check", "accent"), (REJECTED, "close", "muted")):
            field = self.fields[name]
            field.let_grow()
            words = field_label(name.capitalize(), field)
            words.setContentsMargins(0, 0, 0, 0)
            line = fill(QHBoxLayout(), IconLabel(icon, tone, 14), words, None, gap=5)
            line.addStrut(self.swap_button.sizeHint().height())  # both heads are as high
            if name == CHOSEN:
                line.addWidget(self.swap_button)
            part = fill(QVBoxLayout(), line, gap=4)
            part.addWidget(field, 1)
            self._answers.addLayout(part, 1)
        fill(column, self.turns, head, self.fields["prompt"], gap=4, edge=(0, 0, 8, 0))
        column.addSpacing(6)
        column.addLayout(self._answers, 1)
        self.area = scrolling(inside, "Preference")
        fill(QVBoxLayout(self), self.area)

    def _connect(self) -> None:
        connect_fields(self, self.fields)
        self.turns.typed.connect(lambda: self.typed.emit(TURNS))
        self.turns.left.connect(self.left)
        self.turns.changed.connect(lambda name, text: self.changed.emit(name, {TURNS: text}))
        self.turns_button.toggled.connect(self._show_turns)
        self.swap_button.clicked.connect(self._swap)

    def show_row(self, row: Row | None, *, other: bool, typed: str = "") -> None:
        self._row = row
        for name, field in self.fields.items():
            if row is None or name != typed:
                field.show_text(row.text(name) if row else "")
            field.setReadOnly(row is None or not field.whole)
        self.turns.show_text(row.text(TURNS) if row else "", other=other, keep=typed == TURNS)
        self.swap_button.setEnabled(row is not None)
        if other:
            self.area.verticalScrollBar().setValue(0)
        self._show_turns()

    def text(self, field: str) -> str:
        return self.turns.text() if field == TURNS else self.fields[field].text()

    def fault(self, field: str) -> str:
        return self.turns.fault if field == TURNS else ""

    def focus(self, field: str = "") -> None:
        if field == TURNS:
            self.turns_button.setChecked(True)
            self.turns.editor.go_to(0)
        else:
            self.fields[field or "prompt"].setFocus()

    def set_small(self, small: bool) -> None:
        for name in (CHOSEN, REJECTED):
            self.fields[name].set_least(LINES[name][0] - small)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        ways = QBoxLayout.Direction
        beside = event.size().width() >= BESIDE
        self._answers.setDirection(ways.LeftToRight if beside else ways.TopToBottom)

    def _swap(self) -> None:
        self.left.emit()
        row = self._row  # as it is stored now, also what is too long to be shown whole
        if row is not None:
            new = {CHOSEN: row.text(REJECTED), REJECTED: row.text(CHOSEN)}
            self.changed.emit("Swap the answers", new)

    def _show_turns(self) -> None:
        shown = self.turns_button.isChecked()
        try:
            count = len(turns_of(self.turns.text()))
        except ExampleError:
            count = -1
        words = {-1: "Turns before", 0: "No turns before", 1: "1 turn before"}
        self.turns_button.setText(words.get(count, f"{count:,} turns before"))
        self.turns_button.set_icon("down" if shown else "right")
        self.turns_button.setToolTip("Show what was said before the prompt")
        self.turns.setVisible(shown)

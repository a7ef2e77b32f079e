"""The row in hand: its texts as fields that save themselves, its tags, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.rowchecks import STOP, Fault
from studio.core.example import Kind
from studio.data.store import Row
from studio.ui.data.conversationform import ConversationForm
from studio.ui.data.preferenceform import PreferenceForm
from studio.ui.data.recordfoot import NOTE, RecordFoot
from studio.ui.data.rowform import FieldsForm, RowForm
from studio.ui.data.textfield import TextField
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill, plain_tip
from studio.ui.widgets.taborder import in_layout_order, set_tab_order

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
FORMS: dict[Kind, Callable[[], RowForm]] = {
    Kind.TRIPLE: lambda: FieldsForm(Kind.TRIPLE, ("output",)),
    Kind.TEXT: lambda: FieldsForm(Kind.TEXT, ("text",)),
    Kind.CONVERSATION: ConversationForm,
    Kind.PREFERENCE: PreferenceForm,
}


class RecordCard(Card):
    """Edits one row; what is typed is handed on within half a second.

    Signals:
        edited(int, str, str, bool): row id, field ("note" too), its new text, and whether it goes
            on with the edit before, so that both are one undo step.
        changed(int, str, object): row id, name of a step, and its {field: new text}.
        step_asked(int): the user wants the row before (-1) or after (1).
        duplicate_asked(): a copy of the row is wanted.
        delete_asked(): the row is to go.
        split_chosen(int, str): row id and the split it is to be in.
        tag_added(int, str), tag_removed(int, str): row id and tag.
        dropped(str): what was typed could not be saved and is gone, as a sentence.
    """

    edited = Signal(int, str, str, bool)
    changed = Signal(int, str, object)
    step_asked = Signal(int)
    duplicate_asked = Signal()
    delete_asked = Signal()
    split_chosen = Signal(int, str)
    tag_added = Signal(int, str)
    tag_removed = Signal(int, str)
    dropped = Signal(str)

    def __init__(self) -> None:
        self.before_button = Button("Row before (Ctrl+Up)", "up", "icon")
        self.after_button = Button("Row after (Ctrl+Down)", "down", "icon")
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
        self._small = False
        self._order: list[QWidget] = []
        self._field = ""  # being typed in and not handed on yet
        self._session: tuple[int, str, float] | None = None
        self._timer = QTimer(self, singleShot=True, interval=SAVE_MS)
        self._timer.timeout.connect(self.flush)
        self._forms: dict[Kind, RowForm] = {}
        self._column = fill(QVBoxLayout(), gap=9, edge=(13, 12, 14, 12))
        self.body.addLayout(self._column)
        self.foot = RecordFoot()
        self._column.addWidget(self.foot)
        self.form = self._form(Kind.TRIPLE)
        self._connect()
        self.show_row(None, 0)

    def _connect(self) -> None:
        self.before_button.clicked.connect(lambda: self.step_asked.emit(-1))
        self.after_button.clicked.connect(lambda: self.step_asked.emit(1))
        self.duplicate_button.clicked.connect(self.duplicate_asked)
        self.delete_button.clicked.connect(self.delete_asked)
        foot = self.foot
        foot.note_typed.connect(lambda: self._on_typed(NOTE))
        foot.left.connect(self._on_left)
        foot.split_chosen.connect(lambda split: self.split_chosen.emit(self.row_id, split))
        foot.tags.added.connect(lambda tag: self.tag_added.emit(self.row_id, tag))
        foot.tags.removed.connect(lambda tag: self.tag_removed.emit(self.row_id, tag))

    def _form(self, kind: Kind) -> RowForm:
        """Return the form of a kind, made when it is first needed."""
        if kind not in self._forms:
            made = self._forms[kind] = FORMS[kind]()
            made.typed.connect(self._on_typed)
            made.left.connect(self._on_left)
            made.changed.connect(self._on_changed)
            made.set_small(self._small)
            self._column.insertWidget(0, made, 1)
        return self._forms[kind]

    def show_row(self, row: Row | None, number: int, frozen: Iterable[str] = ()) -> None:
        """Show a row and its number (from 1), or none; what was typed before is handed on.

        Args:
            row: what to show.
            number: its position, from 1.
            frozen: splits that no row may leave or come to.
        """
        other = row is None or self._row is None or row.id != self._row.id
        if other:
            self._leave()
        self._row = row
        self.title.setText(f"Row {number:,}" if row else "No row")
        form = self._form(row.kind) if row else self.form
        form.show_row(row, other=other, typed=self._field)
        self._show_form(form)
        self._set_tab_order()
        self.foot.show_row(row, frozen, keep=self._field == NOTE)
        for button in (self.duplicate_button, self.delete_button):
            button.setEnabled(row is not None)
        self._say_saved()

    def _show_form(self, form: RowForm) -> None:
        self.form = form
        for each in self._forms.values():
            each.setVisible(each is form)

    def _set_tab_order(self) -> None:
        """Keep Tab in reading order, also when a form or turns came."""
        order = in_layout_order(self)
        if order != self._order:
            self._order = order
            set_tab_order(order)

    @property
    def fields(self) -> Mapping[str, TextField]:
        """The plain texts of the row as fields."""
        found: Mapping[str, TextField] = getattr(self.form, "fields", {})
        return found

    def focus(self, field: str = "") -> None:
        """Give the keyboard to a text of the row, the first if none is named."""
        self.form.focus(field)

    def set_steps(self, before: bool, after: bool) -> None:
        """Say whether there is a row before and after this one."""
        self.before_button.setEnabled(before)
        self.after_button.setEnabled(after)

    def set_small(self, small: bool) -> None:
        """Take less height in a small window."""
        self._small = small
        for form in self._forms.values():
            form.set_small(small)

    def set_faults(self, faults: Sequence[Fault]) -> None:
        """Show the gravest thing that is wrong with the row as a badge, all in its tooltip."""
        if not faults:
            self.badge.say("", "", "plain")
            self.badge.setToolTip("")
            return
        worst = faults[0]
        words = SHORT_WORDS.get(worst.code, worst.code.replace("_", " "))
        words = f"{words} +{len(faults) - 1}" if len(faults) > 1 else words
        stop = worst.level == STOP
        self.badge.say("error" if stop else "warning", words, "danger" if stop else "warning")
        self.badge.setToolTip(plain_tip("\n".join(fault.summary for fault in faults)))

    @property
    def row_id(self) -> int:
        """The id of the row shown, 0 for none."""
        return self._row.id if self._row else 0

    def flush(self) -> None:
        """Hand on what was typed and is not saved yet; what cannot be saved stays in the field."""
        self._timer.stop()
        field, row = self._field, self._row
        if not field or row is None:
            self._field = ""
            return
        if self._fault(field):
            self._say_saved()
            return
        self._field = ""
        text = self.foot.note_field.text() if field == NOTE else self.form.text(field)
        now = time.monotonic()
        goes_on = self._session is not None and (
            self._session[:2] == (row.id, field) and now - self._session[2] < SESSION_SECONDS
        )
        self._session = (row.id, field, now)
        self.edited.emit(row.id, field, text, goes_on)

    def show_unsaved(self) -> None:
        """Say that the last edit is not on the disk; it stays in the field and is tried again."""
        if not self._field and self._session is not None:
            self._field = self._session[1]
        self.foot.say("error", "danger", "Not saved")

    def _leave(self) -> None:
        """Hand on what was typed; another row comes, so what cannot be saved goes."""
        self.flush()
        if self._field:
            self.dropped.emit(f"What was typed in {self._field} could not be saved and is gone")
        self._field, self._session = "", None

    def _fault(self, field: str) -> str:
        return "" if field == NOTE else self.form.fault(field)

    def _say_saved(self) -> None:
        if self._row is None:
            self.foot.say("check", "muted", "")
        elif self._field and self._fault(self._field):
            self.show_unsaved()
        else:
            typing = bool(self._field)
            icon, words = ("edit", "Saving") if typing else ("check", "Saved")
            self.foot.say(icon, "muted", words)

    def _on_typed(self, field: str) -> None:
        if self._field and self._field != field:
            self.flush()
        self._field = field
        if not self._timer.isActive():
            self._timer.start()
        self._say_saved()

    def _on_left(self) -> None:
        self.flush()
        self._session = None

    def _on_changed(self, name: str, texts: Mapping[str, str]) -> None:
        self._leave()
        if self._row is not None:
            self.changed.emit(self._row.id, name, texts)

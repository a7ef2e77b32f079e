"""The foot of the record card: tags, split and note of the row, and whether all is saved."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from studio.core.example import SPLITS
from studio.data.store import Row
from studio.ui.data.rowform import field_label, label_width
from studio.ui.data.tagsfield import TagsField
from studio.ui.data.textfield import TextField
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, ChoiceField, IconLabel, fill, label

NOTE = "note"
FROZEN = "The split {} is frozen: no row comes or goes until it is let free in Splits…"


class RecordFoot(QWidget):
    """Owned by the record card.

    Signals:
        split_chosen(str): the split the row is to be in.
        note_typed(): the note is being changed.
        left(): the note has lost the focus.
    """

    split_chosen = Signal(str)
    note_typed = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tags = TagsField()
        self.split_field = ChoiceField(*SPLITS)
        self.split_field.setAccessibleName("Split")
        self.split_field.setMinimumContentsLength(9)
        self.note_field = TextField("Note", 1, 3)
        self.note_field.setPlaceholderText("For those who edit; never trained")
        self.note_button = Button("Note", "edit", "quiet", compact=True)
        self.note_button.setToolTip("Write a note on the row; it is never trained")
        self._split = ""
        self._icon, self._saved = IconLabel("check", "muted", 14), label("Saved", Role.SMALL)
        self._saved.setProperty("tone", "muted")
        self._note_label = field_label("Note", self.note_field)
        self._lay_out()
        self.split_field.activated.connect(self._on_split_activated)
        self.note_button.clicked.connect(self.ask_note)
        self.note_field.typed.connect(self.note_typed)
        self.note_field.left.connect(self._on_left)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnMinimumWidth(0, label_width())
        grid.setColumnStretch(1, 1)
        top = Qt.AlignmentFlag.AlignTop
        tags, split = field_label("Tags", self.tags.add_button), field_label("Split", self)
        split.setBuddy(self.split_field)
        tags.setContentsMargins(0, 6, 0, 0)
        first = QHBoxLayout()
        first.setSpacing(6)
        first.addWidget(self.tags, 1)
        state = fill(QHBoxLayout(), self._icon, self._saved, gap=6, edge=(0, 6, 0, 0))
        first.addLayout(state)
        first.setAlignment(state, top)
        second = fill(QHBoxLayout(), self.split_field, self.note_button, None, gap=6)
        grid.addWidget(tags, 0, 0, top)
        grid.addLayout(first, 0, 1)
        grid.addWidget(split, 1, 0, top)
        grid.addLayout(second, 1, 1)
        grid.addWidget(self._note_label, 2, 0, top)
        grid.addWidget(self.note_field, 2, 1)

    def show_row(self, row: Row | None, frozen: Iterable[str], *, keep: bool) -> None:
        """Show a row, or none; sends no signal.

        Args:
            row: what to show.
            frozen: splits that no row may leave or come to.
            keep: leave the note alone, which is being typed.
        """
        held = frozenset(frozen)
        self.tags.setEnabled(row is not None)
        self.tags.show_tags(row.tags if row else ())
        self._split = row.split if row else SPLITS[0]
        self.split_field.setEnabled(row is not None and self._split not in held)
        self.split_field.setCurrentText(self._split)
        self.split_field.setToolTip(FROZEN.format(self._split) if self._split in held else "")
        if not keep:
            self.note_field.show_text(row.note if row else "")
        self.note_button.setEnabled(row is not None)
        self._show_note()

    def ask_note(self) -> None:
        """Let the note be written."""
        self._show_note(wanted=True)
        self.note_field.setFocus()

    def say(self, icon: str, tone: str, words: str) -> None:
        """Say whether all is saved; no words take both away."""
        self._icon.setVisible(bool(words))
        self._icon.set_icon(icon, tone)
        self._saved.setText(words)

    @property
    def words(self) -> str:
        """What is said about saving."""
        return self._saved.text()

    def _show_note(self, *, wanted: bool = False) -> None:
        shown = wanted or self.note_field.hasFocus() or bool(self.note_field.text())
        self.note_field.setVisible(shown)
        self._note_label.setVisible(shown)
        self.note_button.setVisible(not shown)

    def _on_left(self) -> None:
        self.left.emit()
        self._show_note()

    def _on_split_activated(self) -> None:
        wanted = self.split_field.currentText()
        if wanted != self._split:
            self.split_chosen.emit(wanted)

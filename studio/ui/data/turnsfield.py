"""The text of turns as a field: bubbles, or JSON where that is asked for or the only way."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.example import ExampleError, turns_of, turns_text
from studio.core.turnedits import Turns
from studio.ui.data.jsonfield import JsonField
from studio.ui.data.jsonfield import turns as check_turns
from studio.ui.data.turnseditor import TurnsEditor
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import fill, prose


class TurnsField(QWidget):
    """Shows and gives a text that stands for turns.

    Signals:
        typed(): it is being changed.
        left(): the focus is elsewhere now.
        changed(str, str): name of a step and the new text, to be saved at once.

    Attributes:
        editor: the bubbles.
        json: the same as JSON.
    """

    typed = Signal()
    left = Signal()
    changed = Signal(str, str)

    def __init__(self, *, system: bool = True) -> None:
        super().__init__()
        self._source = ""
        self._wants_json = False
        self.editor, self.json = TurnsEditor(system=system), JsonField("Turns", check_turns, 8, 24)
        self._broken = prose("", Role.SMALL, tone="danger")
        fill(QVBoxLayout(self), self._broken, self.editor, self.json, gap=6)
        for part in (self.editor, self.json):
            part.typed.connect(self.typed)
            part.left.connect(self.left)
        self.editor.changed.connect(lambda name, turns: self.changed.emit(name, turns_text(turns)))
        self.show_text("", other=True)

    def show_text(self, text: str, *, other: bool, keep: bool = False) -> None:
        """Show a stored text; sends no signal.

        Args:
            text: turns as they are stored.
            other: it is of another row.
            keep: leave what is being typed alone.
        """
        keep = keep and text in (self._source, self.text())  # else it is another conversation
        self._source = text
        turns: Turns = ()
        fault = ""
        try:
            turns = turns_of(text)
        except ExampleError as err:
            fault = f"The stored turns cannot be shown as a conversation: {err}."
        as_json = self._wants_json or bool(fault)
        if not as_json:
            self.editor.show_turns(turns, other=other, keep=keep)
        elif not keep:
            self.json.show_json(text)
        self._broken.setText(fault)
        self._broken.setVisible(bool(fault))
        self.json.setVisible(as_json)
        self.editor.setVisible(not as_json)

    def show_json(self, shown: bool) -> None:
        """Show the turns as JSON, or as bubbles again."""
        self._wants_json = shown
        self.show_text(self._source, other=False)

    def text(self) -> str:
        """Return the turns as they are stored; unchanged turns are the text they came from."""
        if self.json.isHidden():
            turns = self.editor.turns()
            return self._source if turns == turns_of(self._source) else turns_text(turns)
        if self.json.fault or not self.json.field.whole:
            return self._source
        turns = tuple(self.json.value())
        return self._source if self._same(turns) else turns_text(turns)

    @property
    def fault(self) -> str:
        """Why it cannot be saved as it is; empty if it can."""
        return self.editor.fault if self.json.isHidden() else self.json.fault

    def _same(self, turns: Turns) -> bool:
        try:
            return turns == turns_of(self._source)
        except ExampleError:
            return False

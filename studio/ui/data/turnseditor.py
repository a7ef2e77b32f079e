"""The turns of a conversation, one bubble each: add, delete, split, merge and move them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core import turnedits
from studio.core.example import SYSTEM, Turn
from studio.core.turnedits import Turns
from studio.ui.data.turnbubble import DELETE, DOWN, MERGE, NEW, SPLIT, UP, TurnBubble
from studio.ui.widgets.parts import Button, fill

PAGE = 40
"""Turns shown at once; more are asked for, so that ten thousand freeze nothing."""


class TurnsEditor(QWidget):
    """Edits turns; what is typed is asked for with turns(), other changes are handed on at once.

    Signals:
        typed(): what is said or called is another now.
        left(): the focus is elsewhere now.
        changed(str, object): name of the step and the new turns.

    Args:
        system: offer a system turn at the beginning.
    """

    typed = Signal()
    left = Signal()
    changed = Signal(str, object)

    def __init__(self, *, system: bool = True) -> None:
        super().__init__()
        self._turns: Turns = ()
        self._most = PAGE
        self._offers_system = system
        self.bubbles: list[TurnBubble] = []
        self._column = fill(QVBoxLayout(), gap=8)
        self.more_button = Button("", "down", "quiet", compact=True)
        self.turn_button = Button("Turn", "add", compact=True)
        self.turn_button.setAccessibleName("Add a turn at the end")
        self.turn_button.setToolTip("Add a turn at the end (Ctrl+Return adds one below)")
        self.system_button = Button("System turn", "add", compact=True)
        self.system_button.setToolTip("Say at the beginning who answers and how")
        foot = fill(QHBoxLayout(), self.turn_button, self.system_button, None, gap=6)
        fill(QVBoxLayout(self), self._column, self.more_button, foot, gap=8)
        self.more_button.clicked.connect(self._show_more)
        self.turn_button.clicked.connect(self._add_at_end)
        self.system_button.clicked.connect(self._add_system)

    def show_turns(self, turns: Sequence[Turn], *, other: bool, keep: bool = False) -> None:
        """Show turns; sends no signal.

        Args:
            turns: all of them.
            other: they are of another row, so the view starts at the first.
            keep: leave what is being typed alone.
        """
        self._turns = tuple(turns)
        if other:
            self._most = PAGE
        shown = self._turns[: self._most]
        while len(self.bubbles) < len(shown):
            self._add_bubble()
        for at, bubble in enumerate(self.bubbles):
            if at < len(shown):
                bubble.show_turn(shown[at], at + 1, partial(self._can, at), keep)
            bubble.setVisible(at < len(shown))
        hidden = len(self._turns) - len(shown)
        self.more_button.setText(f"Show {min(hidden, PAGE):,} of {hidden:,} more turns")
        self.more_button.setVisible(hidden > 0)
        begins = bool(turns) and turns[0]["role"] == SYSTEM
        self.system_button.setVisible(self._offers_system and not begins)

    def turns(self) -> Turns:
        """Return the turns as they are in the fields."""
        shown = min(len(self._turns), len(self.bubbles), self._most)
        return (*(b.turn() for b in self.bubbles[:shown]), *self._turns[shown:])

    @property
    def fault(self) -> str:
        """Why they cannot be saved as they are; empty if they can."""
        shown = self.bubbles[: len(self._turns)]
        return next((bubble.fault for bubble in shown if bubble.fault), "")

    def go_to(self, at: int, *, end: bool = False) -> None:
        """Give the keyboard to a turn, at the beginning or the end of its text."""
        if 0 <= at < min(len(self._turns), len(self.bubbles)):
            field = self.bubbles[at].field
            moves = field.textCursor().MoveOperation
            field.moveCursor(moves.End if end else moves.Start)
            field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _add_bubble(self) -> None:
        at, bubble = len(self.bubbles), TurnBubble()
        self.bubbles.append(bubble)
        self._column.addWidget(bubble)
        bubble.typed.connect(self.typed)
        bubble.left.connect(self.left)
        bubble.asked.connect(lambda act: self._do(at, act))
        bubble.role_chosen.connect(lambda role: self._set_role(at, role))

    def _can(self, at: int, act: str) -> bool:
        last = len(self._turns) - 1
        return {UP: at > 0, DOWN: at < last, MERGE: at < last}.get(act, True)

    def _do(self, at: int, act: str) -> None:
        self.left.emit()  # what was typed is a step of its own
        turns, number = self.turns(), at + 1
        if act == NEW:
            self._change("Add a turn", turnedits.added(turns, at + 1), at + 1)
        elif act == SPLIT:
            place = self.bubbles[at].field.place()
            self._change(f"Split turn {number}", turnedits.split(turns, at, place), at + 1)
        elif act == MERGE:
            name = f"Merge turns {number} and {number + 1}"
            self._change(name, turnedits.merged(turns, at), at)
        elif act in (UP, DOWN):
            to = at - 1 if act == UP else at + 1
            self._change(f"Move turn {number} {act}", turnedits.moved(turns, at, to), to)
        elif act == DELETE:
            self._change(f"Delete turn {number}", turnedits.removed(turns, at), max(at - 1, 0))

    def _change(self, name: str, turns: Turns, at: int) -> None:
        self._most = max(self._most, at + 1)
        self.changed.emit(name, turns)
        self.go_to(at)

    def _set_role(self, at: int, role: str) -> None:
        self.left.emit()
        turns = self.turns()
        new = turnedits.replaced(turns, at, turnedits.with_value(turns[at], "role", role))
        self.changed.emit(f"Make turn {at + 1} {role}", new)

    def _add_at_end(self) -> None:
        self.left.emit()
        turns = self.turns()
        self._change("Add a turn", turnedits.added(turns, len(turns)), len(turns))

    def _add_system(self) -> None:
        self.left.emit()
        self._change("Add a system turn", turnedits.with_system(self.turns()), 0)

    def _show_more(self) -> None:
        first = self._most
        self._most += PAGE
        self.show_turns(self.turns(), other=False)
        self.go_to(first)

"""One turn of a conversation as an editable bubble: who speaks, what is said, what is called."""

from __future__ import annotations

import json
from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout

from studio.core.example import ASSISTANT, TURN_ROLES, Turn, turn_text, turns_text
from studio.core.turnedits import can_edit, with_text, with_value
from studio.ui.data.jsonfield import JsonField, objects
from studio.ui.data.textfield import TextField
from studio.ui.look import fonts, paint
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.look.tokens import RADIUS_CONTROL
from studio.ui.widgets.parts import Button, ChoiceField, Elided, fill, restyle

CALLS = "tool_calls"
NEW, SPLIT, MERGE, UP, DOWN, DELETE = "new", "split", "merge", "up", "down", "delete"
ACTS = {
    NEW: ("New turn below", "Ctrl+Return"),
    SPLIT: ("Split at the cursor", "Ctrl+Shift+Return"),
    MERGE: ("Merge with the next", "Ctrl+Shift+M"),
    UP: ("Move up", "Alt+Up"),
    DOWN: ("Move down", "Alt+Down"),
    DELETE: ("Delete the turn", "Ctrl+Shift+Backspace"),
}
"""What is done with a turn: words and keys."""
_KEYS = {QKeySequence(keys): act for act, (_, keys) in ACTS.items()}
_SHOWN = ("role", "content", CALLS)
LINES = 12
"""Lines of a turn from which it scrolls by itself."""


class TurnField(TextField):
    """The text of a turn; keys that change turns go to the bubble, not to the window.

    Signals:
        asked(str): one of ACTS is wanted.
    """

    asked = Signal(str)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride and _act_of(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        act = _act_of(event)
        if act:
            self.asked.emit(act)
        else:
            super().keyPressEvent(event)


def _act_of(event: QEvent) -> str:
    if not isinstance(event, QKeyEvent):
        return ""
    keys = event.keyCombination()
    enter = keys.key() == Qt.Key.Key_Enter
    if enter:  # the number pad's is as good
        keys = type(keys)(
            keys.keyboardModifiers() & ~Qt.KeyboardModifier.KeypadModifier, Qt.Key.Key_Return
        )
    return _KEYS.get(QKeySequence(keys), "")


class TurnBubble(QFrame):
    """Edits one turn; the editor of turns owns it and gives it another turn when rows change.

    Signals:
        typed(): text or calls are others now.
        left(): the focus is elsewhere now.
        role_chosen(str): the turn is to be of this role.
        asked(str): one of ACTS is wanted.
    """

    typed = Signal()
    left = Signal()
    role_chosen = Signal(str)
    asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._turn: Turn = {"role": ""}
        self.role_field = ChoiceField(*TURN_ROLES)
        self.role_field.setFont(fonts.font(Role.SMALL, fonts.BOLD))
        self.role_field.setMinimumContentsLength(9)
        self.role_field.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.rest = Elided("", Role.CAPTION)
        self.menu_button = Button("What can be done with the turn", "menu", "icon")
        self.field = TurnField("Turn", 1, LINES)
        self.calls = JsonField("Calls of tools", objects, 2, LINES)
        self.menu = QMenu(self)
        self.menu.setFont(fonts.font())
        self.acts: dict[str, QAction] = {}
        for name, (words, keys) in ACTS.items():
            self.acts[name] = self._act(words, keys, name)
        head = QHBoxLayout()
        fill(head, self.role_field, gap=8)
        head.addWidget(self.rest, 1)
        head.addStretch()
        head.addWidget(self.menu_button)
        column = QVBoxLayout(self)
        fill(column, head, self.field, self.calls, gap=0, edge=(8, 2, 6, 6))
        self._connect()

    def _act(self, words: str, keys: str, name: str) -> QAction:
        made = self.menu.addAction(words)
        made.setShortcut(QKeySequence(keys))
        made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)  # shown; the field reads keys
        made.triggered.connect(lambda _=False: self.asked.emit(name))
        return made

    def _connect(self) -> None:
        for part in (self.field, self.calls):
            part.typed.connect(self.typed)
            part.left.connect(self.left)
        self.field.asked.connect(self._on_key)
        self.role_field.textActivated.connect(self._on_role_activated)
        self.menu_button.clicked.connect(self._pop)

    def show_turn(self, turn: Turn, number: int, can: Callable[[str], bool], keep: bool) -> None:
        """Show a turn.

        Args:
            turn: what it is.
            number: which of the conversation, from 1.
            can: whether one of ACTS is possible.
            keep: leave what is being typed alone.
        """
        self._turn = turn
        role = str(turn["role"])
        self._show_role(role, number)
        if not keep:
            self.field.show_text(turn_text(turn))
            calls = turn.get(CALLS)
            self.calls.show_json(turns_text(calls) if calls else "")
            self.calls.setVisible(bool(calls))
            self.field.setPlaceholderText("Says nothing and calls tools" if calls else "")
        editable = can_edit(turn)
        self.field.setReadOnly(not editable or not self.field.whole)
        more = [f"{name}: {_brief(turn[name])}" for name in turn if name not in _SHOWN]
        if not editable:
            more.insert(0, "several parts: edited as JSON")
        self.rest.setText(" · ".join(more))
        self.rest.setVisible(bool(more))
        for name, action in self.acts.items():
            action.setEnabled(can(name) and (name != SPLIT or editable))
        self.setProperty("role", role)

    def _show_role(self, role: str, number: int) -> None:
        if self.role_field.findText(role) < 0:
            self.role_field.insertItem(len(TURN_ROLES), role)
        while self.role_field.count() > len(TURN_ROLES) + (role not in TURN_ROLES):
            self.role_field.removeItem(self.role_field.count() - 1)
        self.role_field.setCurrentText(role)
        self.role_field.setAccessibleName(f"Role of turn {number}")
        self.field.setAccessibleName(f"Turn {number}, {role}")
        self.calls.field.setAccessibleName(f"Calls of tools in turn {number}")
        self.menu_button.setAccessibleName(f"What can be done with turn {number}")
        if self.property("role") != role:
            self.setProperty("role", role)
            restyle(self)

    @property
    def fault(self) -> str:
        """Why the turn cannot be saved as it is; empty if it can."""
        return self.calls.fault if not self.calls.isHidden() else ""

    def turn(self) -> Turn:
        """Return the turn as it is in the fields."""
        turn = with_text(self._turn, self.field.text()) if self.field.whole else self._turn
        if not self.calls.isHidden() and self.calls.field.whole and not self.calls.fault:
            turn = with_value(turn, CALLS, self.calls.value() or None)
        return turn

    def _on_key(self, act: str) -> None:
        if self.acts[act].isEnabled():
            self.asked.emit(act)

    def _on_role_activated(self, role: str) -> None:
        if role != self._turn["role"]:
            self.role_chosen.emit(role)

    def _pop(self) -> None:
        self.menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))

    def paintEvent(self, event: QPaintEvent) -> None:
        c = colors()
        learned = self._turn["role"] == ASSISTANT
        painter = paint.smooth(QPainter(self))
        area = QRectF(self.rect())
        paint.box(painter, area, RADIUS_CONTROL, c.accent_tint if learned else c.sunken)
        bar = c.accent if learned else c.border_strong
        paint.box(painter, QRectF(0, 0, 3, area.height()), 1, bar)


def _brief(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join(text[:80].split())

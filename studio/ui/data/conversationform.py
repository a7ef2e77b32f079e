"""The form of a conversation: its turns as a chat, and the tools it may call as JSON."""

from __future__ import annotations

import json

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.core.example import turns_text
from studio.data.passages import TOOLS, TURNS
from studio.data.store import Row
from studio.ui.data.jsonfield import JsonField, objects
from studio.ui.data.rowform import RowForm
from studio.ui.data.turnsfield import TurnsField
from studio.ui.widgets.parts import Button, fill


class ConversationForm(RowForm):
    """Edits turns and tools.

    Attributes:
        turns: the turns.
        tools: the tools, shown when asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.turns = TurnsField()
        self.tools = JsonField("Tools", objects, 4, 24)
        self.tools_button = Button("", "right", "quiet", compact=True)
        self.tools_button.setCheckable(True)
        self.json_button = Button("Turns as JSON", "edit", "quiet", compact=True)
        self.json_button.setCheckable(True)
        self._stored_tools = ""
        inside = QWidget()
        column = QVBoxLayout(inside)
        row = fill(QHBoxLayout(), self.tools_button, self.json_button, None, gap=6)
        fill(column, self.turns, row, self.tools, None, gap=8, edge=(0, 0, 8, 0))
        self.area = scrolling(inside, "Turns and tools")
        fill(QVBoxLayout(self), self.area)
        self._connect()
        self._show_tools()

    def _connect(self) -> None:
        self.turns.typed.connect(lambda: self.typed.emit(TURNS))
        self.turns.left.connect(self.left)
        self.turns.changed.connect(lambda name, text: self.changed.emit(name, {TURNS: text}))
        self.tools.typed.connect(lambda: self.typed.emit(TOOLS))
        self.tools.left.connect(self.left)
        self.tools_button.toggled.connect(self._show_tools)
        self.json_button.toggled.connect(self._on_json_toggled)

    def show_row(self, row: Row | None, *, other: bool, typed: str = "") -> None:
        self.setEnabled(row is not None)
        turns, self._stored_tools = (row.text(TURNS), row.text(TOOLS)) if row else ("", "")
        self.turns.show_text(turns, other=other, keep=typed == TURNS)
        if typed != TOOLS:
            self.tools.show_json(self._stored_tools)
        if other:
            self.area.verticalScrollBar().setValue(0)
        self._show_tools()

    def text(self, field: str) -> str:
        if field == TURNS:
            return self.turns.text()
        if self.tools.fault or not self.tools.field.whole:
            return self._stored_tools
        new = turns_text(self.tools.value())
        return self._stored_tools if _same(new, self._stored_tools) else new

    def fault(self, field: str) -> str:
        return self.turns.fault if field == TURNS else self.tools.fault

    def focus(self, field: str = "") -> None:
        if field == TOOLS:
            self.tools_button.setChecked(True)
            self.tools.setFocus()
        elif self.turns.editor.turns():
            self.turns.editor.go_to(0, end=True)
        else:
            self.turns.editor.turn_button.setFocus()

    def _on_json_toggled(self, shown: bool) -> None:
        self.left.emit()
        self.turns.show_json(shown)

    def _show_tools(self) -> None:
        shown = self.tools_button.isChecked()
        known = self.tools.field.whole and not self.tools.fault
        count = len(self.tools.value()) if known else -1
        words = {-1: "Tools", 0: "No tools", 1: "1 tool"}
        self.tools_button.setText(words.get(count, f"{count:,} tools"))
        self.tools_button.set_icon("down" if shown else "right")
        self.tools_button.setToolTip("Show the tools that may be called, as JSON")
        self.tools.setVisible(shown)


def scrolling(inside: QWidget, name: str) -> QScrollArea:
    """Return an area without a frame in which something of any height is scrolled."""
    made = QScrollArea()
    made.setWidget(inside)
    made.setWidgetResizable(True)
    made.setFrameShape(QFrame.Shape.NoFrame)
    made.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # what is inside takes the keyboard
    made.setAccessibleName(name)
    made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    made.viewport().setAutoFillBackground(False)
    inside.setAutoFillBackground(False)
    return made


def _same(one: str, two: str) -> bool:
    """Return whether two stored texts stand for the same tools."""
    try:
        return bool(json.loads(one or "[]") == json.loads(two or "[]"))
    except (ValueError, RecursionError):
        return False

"""A field for JSON: what is wrong with it stands below and its line is marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QTextFormat
from PySide6.QtWidgets import QTextEdit, QVBoxLayout, QWidget

from studio.core.example import ExampleError, turns_of
from studio.data.jsonrows import reason
from studio.ui.data.textfield import TextField
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.look.theme import colors
from studio.ui.widgets.parts import fill, prose

Check = Callable[[Any], object]


def objects(value: Any) -> None:
    """Take a list of objects, such as tools and calls.

    Raises:
        ExampleError: it is something else.
    """
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ExampleError("a list of objects belongs here: [{…}, {…}]")


def turns(value: Any) -> None:
    """Take the turns of a conversation.

    Raises:
        ExampleError: it is something else.
    """
    objects(value)
    turns_of(json.dumps(value))


def pretty(text: str) -> str:
    """Return JSON in lines with indentation; what is no JSON stays as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False, indent=2) if text else ""
    except (ValueError, RecursionError):
        return text


class JsonField(QWidget):
    """Edits JSON; what is not valid yet is not handed on.

    Signals:
        typed(): the user changed the text, to something valid or not.
        left(): the focus is elsewhere now.

    Attributes:
        field: the editor.
        fault: what is wrong, as a sentence with the line; empty if nothing is.
    """

    typed = Signal()
    left = Signal()

    def __init__(self, name: str, check: Check, least: int = 2, most: int = 12) -> None:
        super().__init__()
        self._name, self._check = name, check
        self.field = TextField(name, least, most)
        self.field.setFont(fonts.mono())
        self.fault = ""
        self._line = 0
        self._words = prose("", Role.SMALL, tone="danger")
        fill(QVBoxLayout(self), self.field, self._words, gap=4)
        self.setFocusProxy(self.field)
        self.field.typed.connect(self._on_typed)
        self.field.left.connect(self.left)
        self._judge()

    def show_json(self, text: str) -> None:
        """Show a stored text in lines; sends no signal."""
        self.field.show_text(pretty(text))
        self.field.setReadOnly(not self.field.whole)
        self._judge()

    def value(self) -> Any:
        """Return what the text stands for; an empty list for no text. Only if there is no fault."""
        text = self.field.text().strip()
        return json.loads(text) if text else []

    def _on_typed(self) -> None:
        self._judge()
        self.typed.emit()

    def _judge(self) -> None:
        self._line, self.fault = 0, ""
        if self.field.whole:
            self._find_fault()
        self._words.setText(self.fault)
        self._words.setVisible(bool(self.fault))
        if self.fault or self.field.whole:  # else the field says that it is too long
            self.field.setAccessibleDescription(self.fault)
        self._mark()

    def _find_fault(self) -> None:
        try:
            self._check(self.value())
        except json.JSONDecodeError as err:
            skipped = _lines_before(self.field.text())
            self._line = err.lineno + skipped
            self.fault = f"Not saved. Line {self._line}: {reason(err)}."
        except (ExampleError, RecursionError) as err:
            what = str(err) if isinstance(err, ExampleError) else "it is nested too deeply"
            self.fault = f"Not saved: {what}."

    def _mark(self) -> None:
        block = self.field.document().findBlockByNumber(self._line - 1)
        if not self._line or not block.isValid():
            self.field.setExtraSelections([])
            return
        mark = QTextEdit.ExtraSelection()
        cursor = self.field.textCursor()
        cursor.setPosition(block.position())
        mark.cursor = cursor
        mark.format.setBackground(QColor(colors().danger_tint))
        mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
        self.field.setExtraSelections([mark])


def _lines_before(text: str) -> int:
    """Return how many line ends stand before the first character that is no blank."""
    return text[: len(text) - len(text.lstrip())].count("\n")

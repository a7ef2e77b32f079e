"""A control for each kind of setting: number, amount, choice, switch, words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from studio.core import units
from studio.core.knobtitles import CHOICES
from studio.core.recipe import KNOBS, TARGET_GROUPS, TYPES
from studio.ui.widgets.parts import ChoiceField, SpinField
from studio.ui.widgets.stepping import takes_wheel

MOST = 2**31 - 1
BY_NAME = "…"
"""What a choice of targets tells when they are to be chosen by name."""


class Field(QObject):
    """A control of one setting, whatever its kind.

    Signals:
        edited(object): the user set another value, which may be out of range.
    """

    edited = Signal(object)

    def __init__(self, widget: QWidget, put: Callable[[Any], None]) -> None:
        super().__init__(widget)
        self.widget, self._put = widget, put

    def show_value(self, value: Any) -> None:
        """Show a value without telling that it was edited."""
        before = self.widget.blockSignals(True)
        self._put(value)
        self.widget.blockSignals(before)


class NumberField(SpinField):
    """A whole number; what is out of range is shown and refused with a sentence, not bent."""

    def __init__(self) -> None:
        super().__init__(0, MOST)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the page, not the value, unless the field has the focus."""
        if takes_wheel(self, event):
            super().wheelEvent(event)


class PickField(ChoiceField):
    """A choice that leaves the wheel to the page unless it has the focus."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if takes_wheel(self, event):
            super().wheelEvent(event)


def make_field(name: str) -> Field:
    """Return the control of a setting of the recipe."""
    knob, kind = KNOBS[name], TYPES[name]
    if kind is bool:
        return _choice({True: "On", False: "Off"})
    if name == "targets":
        return _choice({group: CHOICES[group] for group in TARGET_GROUPS} | {BY_NAME: "By name…"})
    if knob.choices:
        words = {choice: CHOICES.get(choice, choice.capitalize()) for choice in knob.choices}
        return _choice(words)
    if kind is int:
        return _number()
    return _amount() if kind is float else _words()


def _number() -> Field:
    widget = NumberField()
    field = Field(widget, widget.setValue)
    widget.valueChanged.connect(lambda value: field.edited.emit(value))
    return field


def _amount() -> Field:
    """Return a line for a number with a point or an exponent; what is no number stays text."""
    widget = QLineEdit()

    def put(value: float) -> None:
        if _parsed(widget.text()) != value:
            small = 0 < abs(value) < 0.01
            widget.setText(units.learning_rate(value) if small else f"{value:g}")

    field = Field(widget, put)
    widget.textEdited.connect(lambda text: field.edited.emit(_parsed(text)))
    return field


def _parsed(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text


def _words() -> Field:
    widget = QLineEdit()
    widget.setMaxLength(4000)

    def put(value: str) -> None:
        if widget.text() != value:
            widget.setText(value)

    field = Field(widget, put)
    widget.textEdited.connect(lambda text: field.edited.emit(text))
    return field


def _choice(words: dict[Any, str]) -> Field:
    widget = PickField()
    for value, shown in words.items():
        widget.addItem(shown, value)

    def put(value: Any) -> None:
        if widget.findData(value) < 0:
            widget.addItem(str(value), value)
        widget.setCurrentIndex(widget.findData(value))

    field = Field(widget, put)
    widget.activated.connect(lambda at: field.edited.emit(widget.itemData(at)))
    return field

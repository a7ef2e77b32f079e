"""The form row: label, control, one muted sentence; the way back to the default; errors."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, IconLabel, fill, label, prose, restyle

WIDTH_LABEL = 138
WIDTH_CONTROL = 132
HEIGHT = 50


class FormRow(QWidget):
    """One setting.

    Signals:
        reset_requested(): the user wants the default back.
    """

    reset_requested = Signal()

    def __init__(self, name: str, control: QWidget, help_text: str, changed: bool = False) -> None:
        super().__init__()
        self._help, self._control = help_text, control
        self._label = label(name, weight=fonts.MEDIUM)
        self._label.setBuddy(control)
        self._reset = Button("Go back to the default", "reset", "icon")
        self._reset.clicked.connect(self.reset_requested)
        self._error_icon = IconLabel("error", "danger", 14)
        self._sentence = prose(help_text, Role.CAPTION)
        control.setMinimumWidth(WIDTH_CONTROL)
        control.setMaximumWidth(WIDTH_CONTROL)
        control.setAccessibleName(name)
        self._lay_out()
        self.setMinimumHeight(HEIGHT)
        self.set_changed(changed)
        self.set_error("")

    def _lay_out(self) -> None:
        head = QWidget()
        head.setMinimumWidth(WIDTH_LABEL)
        fill(QHBoxLayout(head), self._label, self._reset, None, gap=4)
        row = QHBoxLayout(self)
        fill(row, head, self._control, self._error_icon, gap=10)
        row.addWidget(self._sentence, 1, Qt.AlignmentFlag.AlignVCenter)

    def set_changed(self, changed: bool) -> None:
        """Show or hide the way back to the default."""
        self._reset.setVisible(changed)

    def set_error(self, sentence: str) -> None:
        """Show what is wrong in place of the help; empty means nothing is."""
        self._error_icon.setVisible(bool(sentence))
        self._sentence.setText(sentence or self._help)
        self._control.setAccessibleDescription(sentence or self._help)
        if self._control.property("wrong") == bool(sentence):
            return  # a style is slow to read, and a form has forty rows
        self._sentence.setProperty("tone", "danger" if sentence else "muted")
        self._control.setProperty("wrong", bool(sentence))
        for widget in (self._sentence, self._control):
            restyle(widget)

    def set_help(self, sentence: str) -> None:
        """Say something else beside the control, such as what the value comes to."""
        self._help = sentence
        if not self._error_icon.isVisibleTo(self):
            self._sentence.setText(sentence)
            self._control.setAccessibleDescription(sentence)

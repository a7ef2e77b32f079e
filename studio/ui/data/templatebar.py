"""Which template writes the row and what is said before it, above the row's tokens."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from studio.core.templates import BUILT_INS
from studio.ui.data.textfield import TextField
from studio.ui.look import fonts
from studio.ui.widgets.parts import Button, ChoiceField, fill, plain_tip
from studio.ui.widgets.segmented import Segmented

PAUSE_MS = 400
"""A pause in typing after which the system prompt counts."""
SWITCHED = 3
"""Sequences that a switch has room for; more are a list."""
LONGEST = 24
"""Characters of a template's name on its button."""


class TemplateBar(QWidget):
    """The template's button, the system prompt, and the switch between a row's sequences.

    Signals:
        template_chosen(str): as recipes have it: empty for the model's own, or a built-in's name.
        custom_asked(): the user wants to write a template.
        prompt_typed(str): the system prompt is to be another one.
        part_chosen(int): another sequence of the row is to be shown.
    """

    template_chosen = Signal(str)
    custom_asked = Signal()
    prompt_typed = Signal(str)
    part_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.template_button = Button("", compact=True, drop=True)
        self.template_button.setAccessibleName("Chat template")
        self.prompt_button = Button("System prompt", kind="quiet", compact=True)
        self.prompt_button.setCheckable(True)
        self.prompt_field = TextField("System prompt", 1, 3)
        self.prompt_field.setPlaceholderText("Said before every conversation; empty for none")
        self.prompt_field.setVisible(False)
        self.menu = QMenu(self)
        self.menu.setFont(fonts.font())
        self.menu.setToolTipsVisible(True)
        self._actions: dict[str, QAction] = {}
        self._fill_menu()
        self._names: tuple[str, ...] = ()
        self._switch: Segmented | ChoiceField | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE_MS)
        self._lay_out()
        self.template_button.clicked.connect(lambda: pop_up(self.menu, self.template_button))
        self._pause.timeout.connect(self._send_prompt)
        self.prompt_field.typed.connect(self._pause.start)
        self.prompt_field.left.connect(self.flush)
        self.prompt_button.toggled.connect(self._on_prompt_toggled)

    def _lay_out(self) -> None:
        self._switch_room = QWidget()  # a line of its own: beside long names there is no room
        fill(QHBoxLayout(self._switch_room), None)
        self._switch_room.hide()
        head = fill(QHBoxLayout(), self.template_button, self.prompt_button, None, gap=4)
        parts = (head, self.prompt_field, self._switch_room)
        fill(QVBoxLayout(self), *parts, gap=6, edge=(12, 6, 12, 6))

    def _fill_menu(self) -> None:
        group = QActionGroup(self)
        entries = [("", "The model's own", "As the model's maker wrote it.")]
        entries += [(each.name, each.title, each.sentence) for each in BUILT_INS.values()]
        for name, title, sentence in entries:
            action = self.menu.addAction(title)
            action.setToolTip(plain_tip(sentence))
            action.setCheckable(True)
            group.addAction(action)
            self._actions[name] = action
            action.triggered.connect(lambda _on=False, name=name: self.template_chosen.emit(name))
            if not name:
                self.menu.addSeparator()
        self.menu.addSeparator()
        self.custom_action = self.menu.addAction("Custom…")
        self.custom_action.setCheckable(True)
        group.addAction(self.custom_action)
        self.custom_action.triggered.connect(lambda: self.custom_asked.emit())

    def show_recipe(self, template: str, system_prompt: str) -> None:
        """Show what the recipe says, without sending anything."""
        self._actions.get(template, self.custom_action).setChecked(True)
        self.show_template(_title(template))
        if not self._pause.isActive():
            self.prompt_field.show_text(system_prompt)
        self.prompt_button.set_icon("check" if system_prompt else "")
        self.prompt_button.setToolTip(plain_tip(system_prompt or "None is said."))

    def show_template(self, words: str) -> None:
        """Show which template it really is, such as the default of a model without one."""
        short = words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"
        self.template_button.setText(short)
        self.template_button.setToolTip(plain_tip(f"{words}. It turns rows into text."))
        self.template_button.setAccessibleDescription(words)

    def show_parts(self, names: Sequence[str], current: int) -> None:
        """Offer a row's sequences if there are several, by their names."""
        if tuple(names) == self._names:
            self._set_current(current)
            return
        self._names = tuple(names)
        self._switch_room.setVisible(len(names) > 1)
        if self._switch is not None:
            self._switch.hide()
            self._switch.deleteLater()
            self._switch = None
        if len(names) < 2:
            return
        if len(names) <= SWITCHED:
            switch = Segmented("Sequence", *names, current=current, height=24)
            switch.chosen.connect(self.part_chosen)
            self._switch = switch
        else:
            choice = ChoiceField(*names)
            choice.setAccessibleName("Sequence")
            choice.setCurrentIndex(current)
            choice.activated.connect(self.part_chosen)
            self._switch = choice
        room = self._switch_room.layout()
        assert isinstance(room, QHBoxLayout)
        room.insertWidget(0, self._switch)

    def _set_current(self, index: int) -> None:
        if isinstance(self._switch, Segmented):
            self._switch.set_current(index)
        elif self._switch is not None:
            self._switch.setCurrentIndex(index)

    def flush(self) -> None:
        """Send what was typed and has not been sent."""
        if self._pause.isActive():
            self._pause.stop()
            self._send_prompt()

    def _send_prompt(self) -> None:
        self.prompt_typed.emit(self.prompt_field.text())

    def _on_prompt_toggled(self, on: bool) -> None:
        self.prompt_field.setVisible(on)
        if on:
            self.prompt_field.setFocus()
        else:
            self.flush()


def pop_up(menu: QMenu, button: Button) -> None:
    """Open a menu below its button."""
    menu.popup(button.mapToGlobal(button.rect().bottomLeft()))


def _title(template: str) -> str:
    if not template:
        return "The model's own"
    return BUILT_INS[template].title if template in BUILT_INS else "A template of your own"

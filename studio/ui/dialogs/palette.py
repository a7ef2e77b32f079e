"""The palette: every action by its name, found as it is typed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget

from studio.ui.widgets.lists import Entry, EntryList
from studio.ui.widgets.parts import SearchField, fill, label

SIZE = (520, 420)


class Palette(QDialog):
    """Lists the actions that can be done now; Enter does the chosen one."""

    def __init__(self, parent: QWidget | None, acts: Sequence[tuple[str, QAction]]) -> None:
        super().__init__(parent)
        self._acts = [(menu, act) for menu, act in acts if act.isEnabled() and act.text()]
        self._found = self._acts
        self.setObjectName("dialog")
        self.setWindowTitle("Find an action")
        self.resize(*SIZE)
        self.field = SearchField("Find an action")
        self.field.textChanged.connect(self._on_text_changed)
        self.field.installEventFilter(self)
        self.list = EntryList("Actions", 46)
        self.list.doubleClicked.connect(lambda _index: self._do())
        self._none = label("No action has this name", tone="muted")
        fill(QVBoxLayout(self), self.field, self._none, self.list, gap=8, edge=12)
        self._on_text_changed("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return False
        move = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(event.key()))
        if move and self._found:
            at = (self.list.currentIndex().row() + move) % len(self._found)
            self.list.setCurrentIndex(self.list.model().index(at, 0))
            return True
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._do()
            return True
        return False

    def found(self) -> list[str]:
        """Return the names that are listed."""
        return [_name(act) for _, act in self._found]

    def _on_text_changed(self, typed: str) -> None:
        words = typed.lower().split()
        self._found = [
            (menu, act)
            for menu, act in self._acts
            if all(word in f"{menu} {_name(act)}".lower() for word in words)
        ]
        entries = [Entry(_name(act), _below(menu, act)) for menu, act in self._found]
        self.list.set_entries(entries, 0 if entries else -1)
        self.list.setVisible(bool(entries))
        self._none.setVisible(not entries)

    def _do(self) -> None:
        at = self.list.currentIndex().row()
        if 0 <= at < len(self._found):
            act = self._found[at][1]
            self.accept()
            act.trigger()


def _name(act: QAction) -> str:
    return act.text().replace("&", "")


def _below(menu: str, act: QAction) -> str:
    keys = act.shortcut().toString(act.shortcut().SequenceFormat.NativeText)
    return f"{menu} · {keys}" if keys else menu

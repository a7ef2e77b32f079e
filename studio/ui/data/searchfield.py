"""The search field of the rows: completes names, and says where an expression cannot be read."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QListView, QSizePolicy

from studio.ui.look import fonts
from studio.ui.widgets.parts import SearchField, plain_tip, restyle

MOST = 10
"""Completions that are offered at once."""
LEAST = 2
"""Characters after which completions are offered."""
_LAST_PART = re.compile(r'-?([^\s()"]*)\Z')
TIP = (
    "Words find rows with words that begin so; “in quotes” finds exactly this, -word leaves rows"
    " out. Ctrl+F comes here; Esc shows all rows. The menu beside it says more."
)


class ExpressionField(SearchField):
    """A search field for expressions; the bar owns it.

    Signals:
        left(): the user pressed Esc.
        entered(): the user pressed Enter.
    """

    left = Signal()
    entered = Signal()

    def __init__(self) -> None:
        super().__init__("Search rows")
        self.setMinimumWidth(80)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._known: tuple[str, ...] = ()
        self._names, self._list = QStringListModel(self), QListView()
        self._list.setFont(fonts.font())
        self._completer = QCompleter(self._names, self)
        self._completer.setPopup(self._list)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.activated.connect(self._complete)
        self.textEdited.connect(self._offer)
        self.show_trouble("")

    def set_known(self, names: Sequence[str]) -> None:
        """Complete to these: what can stand in an expression."""
        self._known = tuple(names)

    def show_trouble(self, sentence: str) -> None:
        """Mark the field as one that cannot be read, or as one that can if there is no sentence."""
        self.setToolTip(plain_tip(sentence or TIP))
        self.setAccessibleDescription(sentence)
        if bool(self.property("wrong")) != bool(sentence):
            self.setProperty("wrong", bool(sentence))
            restyle(self)

    def completions(self) -> list[str]:
        """Return what the part before the cursor may become."""
        found = _LAST_PART.search(self.text()[: self.cursorPosition()])
        begun = found[1].lower() if found else ""
        if len(begun) < LEAST:
            return []
        fits = [name for name in self._known if name.lower().startswith(begun)]
        return [] if [name.lower() for name in fits] == [begun] else fits[:MOST]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit()
        else:
            super().keyPressEvent(event)

    def _offer(self) -> None:
        fits = self.completions()
        if not fits:
            self._list.hide()
            return
        self._names.setStringList(fits)
        area = self.rect()
        area.setWidth(max(area.width(), 220))
        self._completer.complete(area)

    def _complete(self, name: str) -> None:
        """Put a completion in place of what was begun."""
        end = self.cursorPosition()
        found = _LAST_PART.search(self.text()[:end])
        start = found.start(1) if found else end
        whole = self.text()
        after = "" if name[-1] in ":<>=" else " "
        self.setText(whole[:start] + name + after + whole[end:].lstrip())
        self.setCursorPosition(start + len(name) + len(after))
        self.textEdited.emit(self.text())

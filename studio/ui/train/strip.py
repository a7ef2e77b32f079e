"""A strip above the plots: what is the matter, what follows, and what can be done at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout

from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: its words, what it does, and its icon."""

    words: str
    act: Callable[[], object]
    icon: str = ""


class Strip(Note):
    """A note with buttons that change; hidden while it has nothing to say.

    Signals:
        dismissed(): the user has read it.
    """

    dismissed = Signal()

    def __init__(self, name: str, *, can_close: bool = True) -> None:
        super().__init__()
        self._said: tuple[str, ...] = ()
        self.buttons: list[Button] = []
        row = self.layout()
        assert isinstance(row, QHBoxLayout)
        self._row = row
        self.close_button = Button(f"Close: {name}", "close", "icon")
        self.close_button.setVisible(can_close)
        self.close_button.clicked.connect(self.dismissed)
        self._row.addWidget(self.close_button)
        self.hide()

    def tell(
        self, fact: str, follows: str = "", tone: str = "warning", offers: Sequence[Offer] = ()
    ) -> None:
        """Show a fact, what follows from it and what can be done; screen readers are told."""
        said = (fact, follows, tone, *(offer.words for offer in offers))
        self.show()
        if said == self._said:
            return
        self._said = said
        self.say(fact, follows, tone)
        self._offer(offers)
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def clear(self) -> None:
        """Say nothing."""
        self.hide()
        self._said = ()

    def set_able(self, able: bool) -> None:
        """Let the buttons be pressed, or wait for what the last one does."""
        for button in self.buttons:
            button.setEnabled(able)

    def _offer(self, offers: Sequence[Offer]) -> None:
        for button in self.buttons:
            button.setParent(None)
            button.deleteLater()
        self.buttons = []
        row = self._row
        for offer in offers:
            button = Button(offer.words, offer.icon, compact=True)
            button.clicked.connect(lambda _=False, act=offer.act: act())
            row.insertWidget(row.count() - 1, button, 0, Qt.AlignmentFlag.AlignTop)
            self.buttons.append(button)

"""Offers the chat's memory to a run that starts, and waits until it is really given back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from studio.app.chatclient import ANSWERING, LOADING, READY, ChatClient
from studio.app.settings import CHAT_AT_START, Settings
from studio.core.problems import StudioError
from studio.machine.processes import memory_of

ASK, UNLOAD, KEEP = CHAT_AT_START
LATER = "later"
Start = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the chat would give back.

    Attributes:
        held_bytes: of its model and its process.
        answering: an answer is being written and would end where it is.
    """

    held_bytes: int
    answering: bool


class RoomOffer(QObject):
    """Stands before every start of a run; what the user chose once can be remembered.

    Attributes:
        ask: shows an offer to somebody, who then calls :meth:`answer`; None where there is nobody
            to ask, and the chat is unloaded.

    Signals:
        given_back(int): so many bytes are free again.
    """

    given_back = Signal(object)

    def __init__(self, chat: ChatClient, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._chat, self._settings = chat, settings
        self._waiting: Start | None = None
        self._held = 0
        self.ask: Callable[[Offer], None] | None = None
        chat.unloaded.connect(self._on_unloaded)

    @property
    def offer(self) -> Offer | None:
        """What the chat would give back; None while it holds nothing."""
        if self._chat.state not in (LOADING, READY, ANSWERING):
            return None
        facts = self._chat.facts
        on_card = facts is not None and not facts.device.lower().startswith("cpu")
        held = facts.memory_bytes if facts is not None and on_card else memory_of(self._chat.pid)
        return Offer(held, self._chat.state == ANSWERING)

    def make(self, start: Start) -> None:
        """Call start as soon as there is room, or never if the user puts it off."""
        offer = self.offer
        wish = self._settings.values.chat_at_start
        if offer is None or wish == KEEP:
            start()
            return
        self._waiting, self._held = start, offer.held_bytes
        if wish == ASK and self.ask is not None:
            self.ask(offer)
        else:
            self._chat.unload()

    def answer(self, choice: str, *, remember: bool = False) -> None:
        """Take what the user chose: UNLOAD, KEEP or LATER; only the first two are remembered."""
        if remember and choice != LATER:
            with suppress(StudioError):  # a full disk: it is asked again next time
                self._settings.set("chat_at_start", choice)
        if choice == UNLOAD and self.offer is not None:
            self._chat.unload()
            return
        start, self._waiting = self._waiting, None
        if choice != LATER and start is not None:
            start()

    def _on_unloaded(self) -> None:
        start, self._waiting = self._waiting, None
        if start is not None:
            self.given_back.emit(self._held)
            start()

"""Who has the memory for a model: chat, evaluation, answers for a vote, or a run."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from studio.app.machinewatch import MachineWatch
    from studio.app.roomoffer import Offer, RoomOffer
    from studio.app.settings import Settings

HOLDING = ("loading", "ready", "answering")
"""States in which the chat has a model."""


class ModelTurns(QObject):
    """Lets one part hold a model at a time, and asks before a run takes the chat's memory.

    Signals:
        said(str, object): something was done; one line, and how to undo it or None.

    Attributes:
        settings: the user's preferences.
        machine: what this computer does, every second.
        ask_room: shows somebody what the chat would give back; None where there is nobody to ask.
    """

    said = Signal(str, object)

    settings: Settings
    machine: MachineWatch

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.ask_room: Callable[[Offer], None] | None = None

    def made(self, name: str) -> Any:
        """Return a part if anybody has asked for it yet, else None."""
        return self.__dict__.get(name)

    def make_room(self, start: Callable[[], None]) -> None:
        """Call start once the chat's memory is given back or kept; never if it is put off."""

        def begin() -> None:
            self._pause_evaluation("for the run; it can go on later")
            self._pause_answers("for the run")
            start()

        if self.made("chat") is None:
            begin()
        else:
            self.room.make(begin)

    @cached_property
    def room(self) -> RoomOffer:
        """Offers the chat's memory to a run that starts; only once there is a chat."""
        from studio.app.roomoffer import RoomOffer  # with the chat, not with the window
        from studio.core.units import gib

        made = RoomOffer(self.made("chat"), self.settings, self)
        made.ask = self.ask_room
        made.given_back.connect(
            lambda held: self.said.emit(f"The chat gave {gib(held)} back for the run", None)
        )
        return made

    @property
    def chat_pid_that_goes(self) -> int:
        """Process id of the chat if a run may have its memory; 0 if there is none, or it is kept."""
        chat = self.made("chat")
        kept = self.settings.values.chat_at_start == "keep"
        return 0 if chat is None or kept else int(chat.pid)

    def _on_evaluation_starting(self) -> None:
        """Never hold two copies of a model in silence: the chat loads again when it is asked."""
        self._unload_chat("evaluation")
        self._pause_answers("while the evaluation has the model")

    def _on_answers_starting(self) -> None:
        self._unload_chat("answers")
        self._pause_evaluation("while the answers are made")

    def _unload_chat(self, reason: str) -> None:
        chat = self.made("chat")
        if chat is not None and chat.state in HOLDING:
            chat.unload()
            self.said.emit(f"The chat gave its memory back for the {reason}", None)

    def _pause_evaluation(self, why: str) -> None:
        evaluations = self.made("evaluations")
        if evaluations is None:
            return
        way_back = evaluations.way_back
        if evaluations.give_way():
            self.said.emit(f"The evaluation paused {why}", way_back)

    def _pause_answers(self, why: str) -> None:
        answers = self.made("answers")
        number = answers.number if answers is not None else 0
        if answers is not None and answers.give_way():
            words = f"The answers for the vote paused {why}"
            self.said.emit(words, lambda: answers.start(number))

    def _on_evaluation_changed(self, _state: str) -> None:
        evaluations = self.made("evaluations")
        if evaluations is not None:
            self.machine.set_ours("evaluation", evaluations.client.pid or None)

    def _on_chat_changed(self, state: str) -> None:
        if state == "loading":
            self._pause_answers("while the chat has the model")
            self._pause_evaluation("while the chat has the model")
        chat = self.made("chat")
        self.machine.set_ours("chat", (chat.pid if chat is not None else 0) or None)

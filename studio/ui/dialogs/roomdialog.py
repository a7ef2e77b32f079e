"""The chat's memory, offered to a run that starts."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from studio.app.roomoffer import KEEP, LATER, UNLOAD, Offer
from studio.app.studio import Studio
from studio.core.units import gib
from studio.ui.dialogs.frame import Dialog
from studio.ui.widgets.parts import Button
from studio.ui.widgets.toggle import Toggle

SENSE = (
    "The run can have that memory. Unloaded, the chat loads again with the next question; kept, "
    "both share what is free. The conversation stays either way."
)
ENDS = " The answer that is being written would end where it is."


class RoomDialog(Dialog):
    """Unload it for the run, keep it, or not now; Esc is not now.

    Attributes:
        choice: what was chosen.
    """

    def __init__(self, parent: QWidget | None, offer: Offer, free_bytes: int = 0) -> None:
        facts = SENSE + (ENDS if offer.answering else "")
        if free_bytes:
            facts += f" Free beside it: {gib(free_bytes)}."
        super().__init__(parent, f"The chat holds {gib(offer.held_bytes)}", facts)
        self.choice = LATER
        self.remember = Toggle("Always do that; Settings can change it")
        self.body.addWidget(self.remember)
        self.later_button = self.add_act("Not now")
        self.keep_button = self._act("Keep it", KEEP)
        self.unload_button = self._act("Unload it for the run", UNLOAD)
        self.unload_button.setFocus()

    def _act(self, words: str, choice: str) -> Button:
        made = Button(words, kind="primary" if choice == UNLOAD else "secondary")
        made.setDefault(choice == UNLOAD)
        made.clicked.connect(lambda: self._choose(choice))
        self.acts.addWidget(made)
        return made

    def _choose(self, choice: str) -> None:
        self.choice = choice
        self.accept()


def ask_for_room(parent: QWidget, studio: Studio, offer: Offer) -> None:
    """Ask what becomes of the chat's model; the studio is told when there is an answer."""
    reading, recipe = studio.machine.reading, studio.draft.recipe
    free = 0
    if reading is not None:
        free = reading.memory(recipe.device, recipe.card, recipe.gpus).free_bytes
    dialog = RoomDialog(parent, offer, free)

    def answer() -> None:
        dialog.deleteLater()
        studio.room.answer(dialog.choice, remember=dialog.remember.isChecked())

    dialog.finished.connect(answer)
    dialog.open()

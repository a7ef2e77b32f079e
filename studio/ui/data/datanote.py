"""The note above the rows: what is true of the whole dataset, and the way out of it."""

from __future__ import annotations

from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button

LEFT_OUT, HOLD_OUT = "left out", "hold out"
"""Ways out: look at the lines that were left out; hold rows back for validation."""


class DataNote(Note):
    """A note that knows which way out it offers; hidden while there is nothing to say.

    Attributes:
        button: does what is offered; the page connects it.
        way_out: LEFT_OUT, HOLD_OUT or empty.
    """

    def __init__(self) -> None:
        self.button = Button("", compact=True)
        super().__init__("", "", self.button)
        self.way_out = ""
        self.clear()

    def offer(self, fact: str, consequence: str, way_out: str, words: str) -> None:
        """Say something and offer a way out of it; without words there is no button."""
        self.way_out = way_out
        self.say(fact, consequence)
        self.button.setText(words)
        self.button.setVisible(bool(words))
        self.setVisible(True)

    def clear(self) -> None:
        """Say nothing, and take no room."""
        self.way_out = ""
        self.setVisible(False)

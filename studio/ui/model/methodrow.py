"""The row of methods to choose from, each with what it would take on this computer."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from studio.core.recipe import Recipe
from studio.ui.widgets.methodcard import MethodCard
from studio.ui.widgets.parts import fill


@dataclass(frozen=True, slots=True)
class MethodChoice:
    """A method as the page offers it: a method of the recipe with a way to store the base."""

    title: str
    sense: str
    method: str
    quantization: str

    def matches(self, recipe: Recipe) -> bool:
        """Whether a recipe is of this kind; 4-bit is 4-bit, all else is plain LoRA."""
        four = recipe.quantization in ("nf4", "fp4")
        return recipe.method == self.method and four == (self.quantization == "nf4")


METHODS = (
    MethodChoice(
        "QLoRA",
        "Base frozen in 4 bits, a small branch learns. The default on one card.",
        "lora",
        "nf4",
    ),
    MethodChoice(
        "LoRA",
        "Base frozen in 16 bits. A little faster and more exact; a large base needs far more memory.",
        "lora",
        "none",
    ),
)
"""What can be trained; others come as the engine learns them."""


class MethodRow(QWidget):
    """Cards beside each other, one chosen.

    Signals:
        chosen(object): the user wants another MethodChoice.
    """

    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cards = [MethodCard(choice.title, choice.sense) for choice in METHODS]
        self._group = QButtonGroup(self)
        row = fill(QHBoxLayout(self), gap=10)
        for at, card in enumerate(self.cards):
            self._group.addButton(card.radio, at)
            row.addWidget(card, 1)
        self.set_small(False)
        self._group.idClicked.connect(lambda at: self.chosen.emit(METHODS[at]))

    def show_recipe(self, recipe: Recipe) -> None:
        """Mark the method that a recipe has; sends no signal."""
        for choice, card in zip(METHODS, self.cards, strict=True):
            if choice.matches(recipe):
                card.radio.setChecked(True)

    def set_cost(self, choice: MethodChoice, cost: str, verdict: str) -> None:
        """Show what a method would take and whether it fits."""
        self.cards[METHODS.index(choice)].set_cost(cost, verdict)

    def set_small(self, small: bool) -> None:
        """Leave out the senses in a narrow window."""
        for card in self.cards:
            card.set_small(small)
            card.setMinimumHeight(0)

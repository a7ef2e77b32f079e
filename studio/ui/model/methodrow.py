"""The methods to choose from, each with what it would take on this computer, and the objective."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.core.methodchoices import (
    CHOICES,
    MORE_CHOICES,
    OBJECTIVES,
    MethodChoice,
    Objective,
    choice_of,
)
from studio.core.recipe import Recipe
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.methodcard import MethodCard
from studio.ui.widgets.parts import Button, Elided, fill, label

ESTIMATED = "Not trainable in this version; only estimated."
METHODS = (*CHOICES, *MORE_CHOICES)
WIDE, NARROW = 5, 3
"""Cards beside each other."""


class MethodRow(QWidget):
    """Cards beside each other, one chosen; those that few take are behind a button.

    Signals:
        chosen(object): the user wants another MethodChoice.
        objective_chosen(object): the user wants another Objective.
    """

    chosen = Signal(object)
    objective_chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.cards = [
            MethodCard(choice.title, choice.sense, ESTIMATED if choice.not_yet else "")
            for choice in METHODS
        ]
        self._group = QButtonGroup(self)
        for at, card in enumerate(self.cards):
            self._group.addButton(card.radio, at)
        self._few, self.rest = QGridLayout(), QWidget()
        self._many = QGridLayout(self.rest)
        for grid in (self._few, self._many):
            grid.setContentsMargins(0, 0, 0, 0)
            grid.setSpacing(10)
        self.more = Button("More methods", "down", "quiet", compact=True)
        self.more.setCheckable(True)
        self.more.toggled.connect(self._on_more_toggled)
        fill(QVBoxLayout(self), self._few, self.rest, self._foot(), gap=10)
        self.rest.hide()
        self.set_small(False)
        self._group.idClicked.connect(lambda at: self.chosen.emit(METHODS[at]))

    def _foot(self) -> QHBoxLayout:
        """Return the line below the cards: what is learned, and the way to more methods."""
        self.objective = PickField(*(objective.title for objective in OBJECTIVES))
        self.objective.setAccessibleName("Objective")
        self.objective.setMinimumWidth(150)
        self.objective.activated.connect(lambda at: self.objective_chosen.emit(OBJECTIVES[at]))
        self._sense = Elided("")
        row = QHBoxLayout()
        fill(row, label("Objective", Role.SMALL), self.objective, gap=8)
        row.addWidget(self._sense, 1)
        row.addWidget(self.more)
        return row

    def show_recipe(self, recipe: Recipe) -> None:
        """Mark the method and the objective that a recipe has; sends no signal."""
        choice = choice_of(recipe)
        self.cards[METHODS.index(choice)].radio.setChecked(True)
        if choice in MORE_CHOICES:
            self.more.setChecked(True)
        objective = next(one for one in OBJECTIVES if one.value == recipe.objective)
        self._show_objective(objective)

    def _show_objective(self, objective: Objective) -> None:
        self.objective.setCurrentIndex(OBJECTIVES.index(objective))
        words = f"{objective.sense} {ESTIMATED if objective.not_yet else ''}".strip()
        self._sense.setText(words)
        self.objective.setAccessibleDescription(words)

    def set_cost(self, choice: MethodChoice, cost: str, verdict: str) -> None:
        """Show what a method would take and whether it fits."""
        self.cards[METHODS.index(choice)].set_cost(cost, verdict)

    def costs_wanted(self) -> tuple[MethodChoice, ...]:
        """Return the methods whose cards can be seen."""
        return METHODS if self.more.isChecked() else CHOICES

    def set_small(self, small: bool) -> None:
        """Leave out the senses in a narrow window."""
        across = NARROW if small else WIDE
        for at, card in enumerate(self.cards):
            card.set_small(small)
            card.setMinimumHeight(0)
            grid, first = (self._few, 0) if at < len(CHOICES) else (self._many, len(CHOICES))
            grid.removeWidget(card)
            grid.addWidget(card, *divmod(at - first, across))
        for grid in (self._few, self._many):
            for column in range(WIDE):
                grid.setColumnStretch(column, int(column < across))

    def _on_more_toggled(self, shown: bool) -> None:
        self.rest.setVisible(shown)
        self.more.setText("Fewer methods" if shown else "More methods")
        self.more.set_icon("up" if shown else "down")
        checked = self._group.checkedId()
        if not shown and checked >= 0 and METHODS[checked] in MORE_CHOICES:
            self.more.setChecked(True)  # what is chosen stays in sight

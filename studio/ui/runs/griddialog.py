"""Asks which settings a grid of runs varies, and says how many runs it is before they are made."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from studio.core.grid import grid, grid_names, parse_grid
from studio.core.knobtitles import title_of, value_words
from studio.core.problems import RecipeError, StudioError
from studio.core.recipe import Recipe
from studio.core.units import duration
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import ChoiceField, prose

LINES = 3
FIRST = ("learning_rate", "rank", "epochs")
"""What is offered first, as it is tried most."""
SHOWN = 4
NOTHING = "Leave as it is"


class GridDialog(Dialog):
    """Up to three settings with their values; every combination becomes a run.

    Attributes:
        recipes: what the user asked for; a single one where nothing varies.
    """

    def __init__(
        self,
        parent: QWidget | None,
        recipe: Recipe,
        seconds_of: Callable[[Recipe], float | None],
    ) -> None:
        super().__init__(
            parent,
            "Train several, one after another",
            "A run is made for every combination of these values, with commas between. "
            "They wait in the queue, on the rows as they are now.",
        )
        self._recipe, self._seconds_of = recipe, seconds_of
        self.recipes: list[Recipe] = []
        self.names: list[ChoiceField] = []
        self.values: list[QLineEdit] = []
        table = QGridLayout()
        table.setHorizontalSpacing(10)
        table.setVerticalSpacing(8)
        table.setColumnStretch(1, 1)
        for at in range(LINES):
            self._add_line(table, at)
        self.body.addLayout(table)
        self._told = prose("", Role.BODY, tone="")
        self._titles = prose("", Role.SMALL)
        self.body.addWidget(self._told)
        self.body.addWidget(self._titles)
        self.add_act("Cancel")
        self.add_button = self.add_act("Put into the queue", "primary")
        self._judge()

    def _add_line(self, table: QGridLayout, at: int) -> None:
        name, values = ChoiceField(), QLineEdit()
        name.addItem(NOTHING, "")
        for knob in grid_names():
            name.addItem(title_of(knob), knob)
        name.setCurrentIndex(name.findData(FIRST[at]) if at < 2 else 0)
        name.setAccessibleName(f"Setting {at + 1}")
        name.setMinimumWidth(170)
        values.setAccessibleName(f"Values of setting {at + 1}")
        name.currentIndexChanged.connect(lambda _i, at=at: self._on_named(at))
        values.textChanged.connect(lambda _text: self._judge())
        table.addWidget(name, at, 0)
        table.addWidget(values, at, 1)
        self.names.append(name)
        self.values.append(values)
        self._on_named(at)

    def _on_named(self, at: int) -> None:
        """Begin with the value the recipe has."""
        knob = str(self.names[at].currentData())
        self.values[at].setEnabled(bool(knob))
        value = getattr(self._recipe, knob) if knob else ""
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        self.values[at].setText(shown)
        if hasattr(self, "_told"):
            self._judge()

    def _judge(self) -> None:
        """Say what would be made, or why it cannot be."""
        if not hasattr(self, "add_button"):
            return
        try:
            self.recipes = grid(self._recipe, parse_grid(self._texts()))
        except StudioError as problem:
            self.recipes = []
            self._told.setText(_fault(problem))
            self._titles.setText("")
        else:
            self._say_plan()
        self.add_button.setEnabled(bool(self.recipes))
        many = len(self.recipes)
        self.add_button.setText("Put into the queue" if many < 2 else f"Put {many} into the queue")

    def _texts(self) -> list[str]:
        pairs = zip(self.names, self.values, strict=True)
        return [f"{n.currentData()}={v.text()}" for n, v in pairs if n.currentData()]

    def _say_plan(self) -> None:
        many = len(self.recipes)
        times = [self._seconds_of(recipe) for recipe in self.recipes]
        known = [seconds for seconds in times if seconds is not None]
        takes = f"about {duration(sum(known))} in all" if len(known) == many else ""
        words = takes or "the time is not known before the first run like it"
        self._told.setText(f"{many:,} {'run' if many == 1 else 'runs'}, {words}.")
        titles = [recipe.title or value_words(recipe.learning_rate) for recipe in self.recipes]
        more = f"\nand {many - SHOWN:,} more" if many > SHOWN else ""
        self._titles.setText("\n".join(titles[:SHOWN]) + more)


def _fault(problem: StudioError) -> str:
    if isinstance(problem, RecipeError):
        return " ".join(f"{title_of(name)} {why}." for name, why in problem.by_field.items())
    return problem.summary

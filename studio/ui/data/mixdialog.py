"""The dialog that mixes several datasets into one training set, with what it comes to."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.mixplanner import MixPlanner
from studio.core.mix import MixPart
from studio.core.problems import RecipeError, StudioError
from studio.core.recipe import Recipe
from studio.data.mixing import PartRows
from studio.ui.data.mixparts import PartLine, head
from studio.ui.data.sharebar import Share, ShareBar
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.model.knobfields import PickField
from studio.ui.widgets.parts import Button, fill, prose, restyle, scroller

FACTS = (
    "A run trains on all parts. Rows of the open dataset are each used once; other weights count"
    " beside it. A little general data keeps the model from forgetting."
)
SIZE = QSize(700, 500)
TONES = ("accent", "lake", "clay", "plum", "slate", "bark")
FIRST, NEXT = 0.9, 0.1
"""Weights of the open dataset and of one that is added."""
AMOUNT = "Give a weight such as 10 %, or a number of rows."
UNKNOWN = "Tokens are known once every dataset was checked with this model."


class MixDialog(Dialog):
    """Edits the mix of a recipe.

    Attributes:
        recipe: the recipe with the mix as it stands; None while it cannot be.
    """

    def __init__(
        self, parent: QWidget | None, recipe: Recipe, datasets: Sequence[str], planner: MixPlanner
    ) -> None:
        super().__init__(parent, "Mix datasets", FACTS)
        self._base, self._planner = recipe, planner
        self.recipe: Recipe | None = None
        self.lines: list[PartLine] = []
        self._datasets = list(datasets)
        self._column = fill(QVBoxLayout(), gap=2)
        self.add = PickField()
        self.add.setPlaceholderText("Add a dataset")
        self.add.setAccessibleName("Add a dataset")
        self.bar, self._words = ShareBar("Rows of each part"), prose("", Role.SMALL)
        self.alone = Button("No mix", kind="quiet")
        self._lay_out()
        self.add.activated.connect(self._on_added)
        self.alone.clicked.connect(self._on_alone)
        planner.counted.connect(self._on_counted)
        planner.refused.connect(self._on_refused)
        self.finished.connect(lambda _code: planner.close())
        for part in recipe.mix or (MixPart(recipe.dataset, FIRST),):
            self._put(part)
        self.resize(SIZE)
        self._ask()

    def _lay_out(self) -> None:
        inner = QWidget()
        fill(QVBoxLayout(inner), self._column, None, edge=(0, 0, 8, 0))
        self.body.addWidget(head())
        self.body.addWidget(scroller(inner), 1)
        self.body.addWidget(self.add)
        self.body.addSpacing(4)
        self.body.addWidget(self.bar)
        self.body.addWidget(self._words)
        self.acts.insertWidget(0, self.alone)
        self.add_act("Cancel")
        self.use = self.add_act("Use the mix", "primary")

    def _put(self, part: MixPart) -> None:
        line = PartLine(part)
        line.edited.connect(self._ask)
        line.removed.connect(lambda: self._take_out(line))
        self.lines.append(line)
        self._column.addWidget(line)

    def _take_out(self, line: PartLine) -> None:
        self.lines.remove(line)
        self._column.removeWidget(line)
        line.hide()
        line.deleteLater()
        self._ask()

    def _on_added(self, at: int) -> None:
        self._put(MixPart(self.add.itemText(at), NEXT))
        self._ask()

    def _on_alone(self) -> None:
        self.recipe = _mixed(self._base, [])
        self.accept()

    def _ask(self) -> None:
        """Read the lines and have them counted."""
        self._show_choices()
        self.use.setEnabled(False)
        self.recipe = None
        parts = []
        for line in self.lines:
            part = line.part()
            line.show_fault("" if part is not None else AMOUNT)
            parts += [part] if part is not None else []
        if len(parts) < len(self.lines) or not parts:
            self._say("" if self.lines else "Nothing is in the mix.")
            return
        try:
            self.recipe = _mixed(self._base, parts)
        except RecipeError as problem:
            self._say(
                f"The {'; '.join(f'{n} {w}' for n, w in problem.by_field.items())}.", "danger"
            )
            return
        self._planner.ask(self.recipe)

    def _show_choices(self) -> None:
        used = {line.dataset for line in self.lines}
        self.add.clear()
        self.add.addItems([name for name in self._datasets if name not in used])
        self.add.setCurrentIndex(-1)
        self.add.setEnabled(self.add.count() > 0)

    def _on_counted(self, recipe: Recipe, found: list[PartRows]) -> None:
        if recipe != self.recipe:
            return
        for line, part in zip(self.lines, found, strict=True):
            line.show_counts(part)
        self.bar.show_shares(
            [
                Share(part.part.dataset, part.rows, TONES[at % len(TONES)])
                for at, part in enumerate(found)
            ]
        )
        rows = sum(part.rows for part in found)
        tokens = [part.tokens for part in found if part.tokens is not None]
        known = len(tokens) == len(found)
        self._say(
            f"{rows:,} rows in all" + (f" · {sum(tokens):,} tokens" if known else f". {UNKNOWN}")
        )
        self.use.setEnabled(rows > 0)

    def _on_refused(self, recipe: Recipe, problem: StudioError) -> None:
        if recipe == self.recipe:
            self._say(f"{problem.summary} {problem.hint}".strip(), "danger")

    def _say(self, words: str, tone: str = "muted") -> None:
        self._words.setText(words)
        self._words.setProperty("tone", tone)
        restyle(self._words)


def _mixed(recipe: Recipe, parts: Sequence[MixPart]) -> Recipe:
    mix = [part.to_mapping() for part in parts]
    return Recipe.from_mapping(recipe.to_mapping() | {"mix": mix})

"""A chip with a menu: one condition of the filter, chosen from a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from studio.core.example import SPLITS
from studio.data.query import PROBLEMS, quoted
from studio.ui.look import fonts
from studio.ui.widgets.parts import Button

SHORTENED = 14
"""Characters of a choice that the chip shows."""
MOST_TAGS = 40
"""Tags in the menu; others are typed."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One condition of a chip.

    Attributes:
        words: in the menu.
        expression: of the search field; empty stands for all rows.
        short: on the chip while it is chosen.
    """

    words: str
    expression: str = ""
    short: str = ""


class FilterChip(Button):
    """Shows what is chosen of its menu; the bar owns it.

    Signals:
        chosen(): another condition holds.

    Attributes:
        choices: the menu; in narrow windows it is part of another one.
    """

    chosen = Signal()

    def __init__(self, name: str, icon: str, everything: str) -> None:
        super().__init__(name, icon, "chip", drop=True)
        self._name, self._all = name, Choice(everything)
        self._now = self._all
        self.setCheckable(True)
        self.choices = QMenu(name, self)
        self.choices.setFont(fonts.font())
        self._group = QActionGroup(self)
        self.clicked.connect(self._pop)
        self.set_choices(())

    @property
    def expression(self) -> str:
        """The condition that holds; empty for none."""
        return self._now.expression

    def set_choices(self, choices: Sequence[Choice], acts: Sequence[QAction] = ()) -> None:
        """Offer other choices, and acts below them; what is chosen goes on to hold."""
        for old in self._group.actions():
            self._group.removeAction(old)
        self.choices.clear()
        for choice in (self._all, *choices):
            action = QAction(choice.words.replace("&", "&&"), self.choices, checkable=True)
            action.setData(choice.expression)
            action.triggered.connect(lambda _=False, choice=choice: self.choose(choice))
            self._group.addAction(action)
            self.choices.addAction(action)
            if choice.expression == self._now.expression:
                self._now = choice
        if acts:
            self.choices.addSeparator()
            self.choices.addActions(list(acts))
        self._show()

    def choose(self, choice: Choice | None = None) -> None:
        """Let a condition hold, or none; sends chosen if that is news."""
        before, self._now = self._now, choice or self._all
        self._show()
        if self._now.expression != before.expression:
            self.chosen.emit()

    def clear(self) -> None:
        """Let no condition hold; sends no signal."""
        self._now = self._all
        self._show()

    def _show(self) -> None:
        for action in self._group.actions():
            action.setChecked(action.data() == self._now.expression)
        holds = bool(self._now.expression)
        short = self._now.short
        if len(short) > SHORTENED:
            short = short[: SHORTENED - 1] + "…"
        self.setText((short if holds else self._name).replace("&", "&&"))
        self.setChecked(holds)
        self.setAccessibleName(f"{self._name}: {self._now.words}")

    def _pop(self) -> None:
        self.setChecked(bool(self.expression))
        self.choices.popup(self.mapToGlobal(self.rect().bottomLeft()))


def split_choices() -> list[Choice]:
    """Return a choice for each split."""
    return [Choice(split, f"split:{split}", split.capitalize()) for split in SPLITS]


def tag_choices(tags: Mapping[str, int]) -> list[Choice]:
    """Return choices for the tags there are, with the number of rows of each."""
    if not tags:
        return []
    most = sorted(tags, key=lambda tag: -tags[tag])[:MOST_TAGS]
    both = [Choice("Any tag", "tag:any", "Any tag"), Choice("No tag", "-tag:any", "No tag")]
    return both + [
        Choice(f"{tag} · {tags[tag]:,}", f"tag:{quoted(tag)}", tag) for tag in sorted(most)
    ]


def token_choices(limit: int) -> list[Choice]:
    """Return choices around the longest sequence, in tokens."""
    half = limit // 2
    return [
        Choice(f"More than the limit of {limit:,}", f"tokens>{limit}", f"> {limit:,}"),
        Choice(f"More than half of it, {half:,}", f"tokens>{half}", f"> {half:,}"),
        Choice(f"Up to half of it, {half:,}", f"tokens<={half}", f"≤ {half:,}"),
        Choice("None of them trained", "trained=0", "None trained"),
    ]


def known_names(tags: Mapping[str, int]) -> list[str]:
    """Return what the search field completes to."""
    named = [f"tag:{quoted(tag)}" for tag in tags]
    fixed = [f"split:{split}" for split in SPLITS]
    facts = ["problem:any", "tag:any", "note:any", "note:", "tokens>", "tokens<=", "trained>"]
    problems = [f"problem:{code}" for code in PROBLEMS]
    return [*fixed, *facts, "chars>", "turns>", *named, *problems]

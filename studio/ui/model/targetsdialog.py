"""The dialog that chooses by name which layers get a branch, and says what that comes to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.model.targettree import TargetTree, group_names
from studio.ui.widgets.parts import Button, fill, prose, restyle

SHORTCUTS = (("All linear", "all-linear"), ("Attention", "attention"), ("MLP", "mlp"), ("None", ""))


class TargetsDialog(Dialog):
    """Ticks layers of one model; says live how much is trained.

    Attributes:
        tree: the layers.
        shortcuts: the buttons that tick a whole group, by their words.
    """

    def __init__(
        self,
        parent: QWidget | None,
        shape: ModelShape,
        targets: str,
        comes_to: Callable[[str], str],
    ) -> None:
        facts = f"The same layers in each of the {shape.layers:,} blocks of the model."
        super().__init__(parent, "Layers that get a branch", facts)
        self._comes_to = comes_to
        self.tree = TargetTree(shape)
        self.tree.setMinimumHeight(270)
        self.shortcuts: dict[str, Button] = {}
        row = fill(QHBoxLayout(), gap=6)
        for words, group in SHORTCUTS:
            names = group_names(shape, group) if group else set()
            button = Button(words, compact=True)
            button.setAccessibleName(f"Tick {words.lower()}" if group else "Tick none")
            button.clicked.connect(lambda _on=False, names=names: self.tree.tick(names))
            button.setEnabled(bool(names) or not group)
            self.shortcuts[words] = button
            row.addWidget(button)
        row.addStretch(1)
        self._words = prose("", Role.SMALL)
        fill(self.body, row, self.tree, self._words, gap=8)
        self.add_act("Cancel")
        self._use = self.add_act("Use these", "primary")
        self.tree.edited.connect(self._on_edited)
        try:
            self.tree.tick_targets(targets)
        except RecipeError:  # names of another model: begin with none of them
            self.tree.tick(set())
        self.tree.setFocus()
        if (first := self.tree.topLevelItem(0)) is not None:
            self.tree.setCurrentItem(first)

    @property
    def targets(self) -> str:
        """The setting that stands for what is ticked."""
        return self.tree.targets

    @property
    def words(self) -> str:
        """What is ticked comes to, as it is shown."""
        return self._words.text()

    def _on_edited(self) -> None:
        targets = self.targets
        self._use.setEnabled(bool(targets))
        words = self._comes_to(targets) if targets else "Nothing would be trained."
        self._words.setText(words)
        self.tree.setAccessibleDescription(words)
        self._words.setProperty("tone", "muted" if targets else "danger")
        restyle(self._words)

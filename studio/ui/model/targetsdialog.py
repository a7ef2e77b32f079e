"""The dialog that chooses by name which layers get a branch, and says what that comes to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.model.targettree import TargetTree, group_names
from studio.ui.widgets.parts import Button, fill, label, prose, restyle

SHORTCUTS = (("All linear", "all-linear"), ("Attention", "attention"), ("MLP", "mlp"), ("None", ""))


class TargetsDialog(Dialog):
    """Ticks layers of one model; says live how much is trained.

    Attributes:
        tree: the layers.
        blocks: the line with the blocks that get a branch; empty means all.
        shortcuts: the buttons that tick a whole group, by their words.
    """

    def __init__(
        self,
        parent: QWidget | None,
        shape: ModelShape,
        targets: str,
        comes_to: Callable[[str, str], str],
        blocks: str = "",
    ) -> None:
        facts = f"The same layers in every block that is named; the model has {shape.layers:,}."
        super().__init__(parent, "Layers that get a branch", facts)
        self._comes_to, self._layers = comes_to, shape.layers
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
        fill(self.body, row, self.tree, self._block_row(blocks), self._words, gap=8)
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

    def _block_row(self, blocks: str) -> QHBoxLayout:
        """Return the line for ranges of blocks, with shortcuts."""
        self.blocks = QLineEdit(blocks)
        self.blocks.setAccessibleName("Blocks that get a branch")
        self.blocks.setPlaceholderText(f"all, or such as {self._layers // 2}-{self._layers - 1}")
        self.blocks.textChanged.connect(self._on_edited)
        row = QHBoxLayout()
        fill(row, label("Blocks"), gap=8)
        row.addWidget(self.blocks, 1)
        top = f"{self._layers // 2}-{self._layers - 1}" if self._layers > 1 else ""
        for words, text in (("All", ""), ("Upper half", top)):
            button = Button(words, compact=True)
            button.setAccessibleName(f"Blocks: {words.lower()}")
            button.clicked.connect(lambda _on=False, text=text: self.blocks.setText(text))
            row.addWidget(button)
            self.shortcuts[words] = button
        return row

    @property
    def targets(self) -> str:
        """The setting that stands for what is ticked."""
        return self.tree.targets

    @property
    def words(self) -> str:
        """What is ticked comes to, as it is shown."""
        return self._words.text()

    def _on_edited(self) -> None:
        good, words = bool(self.targets), "Nothing would be trained."
        if good:
            try:
                words = self._comes_to(self.targets, self.blocks.text())
            except RecipeError as problem:
                good, words = False, problem.summary
        self._use.setEnabled(good)
        self._words.setText(words)
        self.tree.setAccessibleDescription(words)
        self._words.setProperty("tone", "muted" if good else "danger")
        restyle(self._words)

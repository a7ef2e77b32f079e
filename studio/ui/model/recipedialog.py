"""The recipe as text: to read, copy, save, and load from a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QPlainTextEdit, QWidget

from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import file_name
from studio.data.recipefile import read_recipe, recipe_text, write_recipe
from studio.ui.dialogs.frame import Dialog
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, prose, restyle

FILTER = "Recipes (*.toml)"


class RecipeDialog(Dialog):
    """Shows a recipe as TOML.

    Attributes:
        loaded: the recipe that was loaded from a file, which also closes the dialog; else None.
    """

    def __init__(self, parent: QWidget | None, recipe: Recipe) -> None:
        facts = "All settings of the run. graft-studio train takes this file."
        super().__init__(parent, "Recipe as TOML", facts)
        self.loaded: Recipe | None = None
        self._recipe, self._text = recipe, recipe_text(recipe)
        view = QPlainTextEdit(self._text)
        view.setReadOnly(True)
        view.setFont(fonts.mono())
        view.setAccessibleName("Recipe")
        view.setMinimumHeight(320)
        self.body.addWidget(view, 1)
        self._words = prose("", Role.SMALL)
        self.body.addWidget(self._words)
        for words, icon, act in (
            ("Load…", "folder", self._on_load_clicked),
            ("Save…", "import", self._on_save_clicked),
            ("Copy", "copy", self._on_copy_clicked),
        ):
            button = Button(words, icon)
            button.clicked.connect(act)
            self.acts.addWidget(button)
        self.add_act("Close")
        self.resize(640, 560)

    def load(self, path: Path) -> None:
        """Take a recipe from a file and close; one that cannot be used is told in place."""
        try:
            self.loaded = read_recipe(path)
        except StudioError as problem:
            self._tell(f"{problem.summary} {problem.hint}".strip(), "danger")
            return
        self.accept()

    def save(self, path: Path) -> None:
        """Write the recipe to a file and say so in place."""
        try:
            write_recipe(self._recipe, path)
        except StudioError as problem:
            self._tell(f"{problem.summary} {problem.hint}".strip(), "danger")
            return
        self._tell(f"Saved as {path}.", "muted")

    def _on_copy_clicked(self) -> None:
        QGuiApplication.clipboard().setText(self._text)
        self._tell("Copied.", "muted")

    def _on_load_clicked(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Load a recipe", "", FILTER)
        if chosen:
            self.load(Path(chosen))

    def _on_save_clicked(self) -> None:
        name = f"{file_name(self._recipe.title or 'recipe')}.toml"
        chosen, _ = QFileDialog.getSaveFileName(self, "Save the recipe", name, FILTER)
        if chosen:
            self.save(Path(chosen))

    def _tell(self, words: str, tone: str) -> None:
        self._words.setText(words)
        self._words.setProperty("tone", tone)
        restyle(self._words)


def ask_recipe(parent: QWidget | None, recipe: Recipe) -> Recipe | None:
    """Show a recipe; return the one that was loaded instead, if any."""
    dialog = RecipeDialog(parent, recipe)
    try:
        dialog.exec()
        return dialog.loaded
    finally:
        dialog.deleteLater()

"""Puts the choice of a template and a system prompt into the recipe, where it can be undone."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.app.studio import Studio
from studio.core.problems import RecipeError
from studio.core.templates import BUILT_INS
from studio.data.store import Row
from studio.ui.data.templatebar import TemplateBar
from studio.ui.data.templatedialog import ask_template


class TemplateChoice(QObject):
    """Keeps the template bar and the recipe in step; the Data page's preview owns it."""

    def __init__(self, studio: Studio, bar: TemplateBar, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._bar = studio, bar
        self.row: Row | None = None
        bar.template_chosen.connect(self.choose)
        bar.custom_asked.connect(self._on_custom_asked)
        bar.prompt_typed.connect(self._on_prompt_typed)
        studio.draft.changed.connect(self._show)
        self._show()

    def choose(self, template: str) -> None:
        """Make this the recipe's template, with a way back."""
        if template == self._studio.draft.recipe.template:
            return
        if self._edit("template", template):
            title = "the model's own"
            if template:
                title = BUILT_INS[template].title if template in BUILT_INS else "your own"
            self._studio.said.emit(f"Template: {title}", self._studio.draft.undo_stack.undo)

    def _edit(self, name: str, value: str) -> bool:
        try:
            self._studio.draft.edit(name, value)
        except RecipeError as problem:
            self._studio.problem_met.emit(problem)
            self._show()
            return False
        return True

    def _show(self, _recipe: object = None) -> None:
        recipe = self._studio.draft.recipe
        self._bar.show_recipe(recipe.template, recipe.system_prompt)

    def _on_prompt_typed(self, text: str) -> None:
        self._edit("system_prompt", text)

    def _on_custom_asked(self) -> None:
        owner = self._bar.window()
        chosen = ask_template(owner if isinstance(owner, QWidget) else None, self._studio, self.row)
        if chosen is None:
            self._show()  # the menu has its mark at Custom already
        else:
            self.choose(chosen)

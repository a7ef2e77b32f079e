"""The recipe being edited: every change is an undoable step, every refusal a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from studio.core.problems import RecipeError
from studio.core.recipe import Recipe

_MERGE_ID = 0x6472  # Qt asks mergeWith() only between commands with the same id, not -1


class RecipeDraft(QObject):
    """Holds a valid recipe; owned by the studio.

    Signals:
        changed(object): the recipe is another one; carries it.
        refused(str, str): a value for a setting was refused, and why; an empty reason lifts it.
    """

    changed = Signal(object)
    refused = Signal(str, str)

    def __init__(self, recipe: Recipe | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._recipe = recipe or Recipe()
        self._faults: dict[str, str] = {}
        self.undo_stack = QUndoStack(self)

    @property
    def recipe(self) -> Recipe:
        """The recipe as it stands; always valid."""
        return self._recipe

    @property
    def faults(self) -> Mapping[str, str]:
        """Settings whose last value was refused, and why; the recipe keeps the value before."""
        return dict(self._faults)

    def edit(self, name: str, value: Any) -> None:
        """Change one setting as an undo step; changes of one setting in a row are one step.

        Raises:
            RecipeError: the value cannot be; the recipe stays as it is.
        """
        self._edit({name: value}, f"Change {name.replace('_', ' ')}", merges=True)

    def edit_all(self, changes: Mapping[str, Any], title: str) -> None:
        """Change several settings as one undo step named ``title``.

        Raises:
            RecipeError: a value cannot be; the recipe stays as it is.
        """
        self._edit(changes, title, merges=False)

    def _edit(self, changes: Mapping[str, Any], title: str, *, merges: bool) -> None:
        try:
            after = Recipe.from_mapping(self._recipe.to_mapping() | dict(changes))
        except RecipeError as problem:
            for name, why in problem.by_field.items():
                self._set_fault(name, why)
            raise
        for name in changes:
            self._set_fault(name, "")
        self._push(after, title, merges=merges)

    def load(self, recipe: Recipe) -> None:
        """Take another recipe over whole, such as one from a file; this can be undone too."""
        for name in tuple(self._faults):
            self._set_fault(name, "")
        self._push(recipe, "Load recipe", merges=False)

    def _push(self, after: Recipe, title: str, *, merges: bool) -> None:
        """Make an undo step of what differs; nothing if nothing does."""
        old, new = self._recipe.to_mapping(), after.to_mapping()
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        if names:
            was = {name: old[name] for name in names if name in old}
            now = {name: new[name] for name in names if name in new}
            self.undo_stack.push(_Edit(self, was, now, title, merges))

    def take(self, recipe: Recipe) -> None:
        """Set the recipe without an undo step: what an undo step does, or what follows a choice."""
        before, self._recipe = self._recipe, recipe
        for name in tuple(self._faults):
            if getattr(before, name, None) != getattr(recipe, name, None):
                self._set_fault(name, "")
        self.changed.emit(recipe)

    def _set_fault(self, name: str, why: str) -> None:
        if self._faults.get(name, "") == why:
            return
        if why:
            self._faults[name] = why
        else:
            del self._faults[name]
        self.refused.emit(name, why)


class _Edit(QUndoCommand):
    """A change of some settings, whatever the others are meanwhile; owned by the undo stack."""

    def __init__(
        self,
        draft: RecipeDraft,
        before: dict[str, Any],
        after: dict[str, Any],
        title: str,
        merges: bool,
    ) -> None:
        super().__init__(title)
        self._draft, self.before, self.after, self._merges = draft, before, after, merges

    def redo(self) -> None:
        self._put(self.after, self.before)

    def undo(self) -> None:
        self._put(self.before, self.after)

    def _put(self, wanted: Mapping[str, Any], gone: Mapping[str, Any]) -> None:
        """Set the wanted values; a table that only the other side has goes."""
        kept = self._draft.recipe.to_mapping()
        rest = {name: value for name, value in kept.items() if name not in gone}
        self._draft.take(Recipe.from_mapping(rest | dict(wanted)))

    def id(self) -> int:
        return _MERGE_ID if self._merges else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Edit) or other.after.keys() != self.after.keys():
            return False
        self.after = other.after
        self.setObsolete(self.before == self.after)
        return True

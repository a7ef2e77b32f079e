"""Joins the card against forgetting with the draft: edits are undo steps, costs are live."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject

from studio.app.guardcosts import costs_of, costs_of_watching, guard_table
from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.problems import RecipeError
from studio.ui.model.afterpaint import AfterPaint
from studio.ui.model.guardcard import GuardCard
from studio.ui.model.guardfields import TITLES
from studio.ui.model.settingscard import SettingsCard


class GuardDesk(QObject):
    """Fills the card and does what the user asks there; the Model page owns it."""

    def __init__(
        self, studio: Studio, outlook: Outlook, settings: SettingsCard, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._studio, self._outlook = studio, outlook
        self._known: tuple[object, ...] = ()
        self.card = GuardCard()
        self.card.edited.connect(self._on_edited)
        settings.depth_changed.connect(self.card.set_depth)
        self._later = AfterPaint(self, self._show_costs)
        studio.datasets.listed.connect(self._show_datasets)
        studio.draft.changed.connect(self.show)
        studio.models.chosen.connect(self._later.want)
        outlook.changed.connect(self._later.want)
        self._show_datasets()
        self.show()

    def _show_datasets(self) -> None:
        self.card.set_datasets(tuple(self._studio.datasets.names()))

    def show(self) -> None:
        """Show the draft's guard, and what its remedies cost once that is painted."""
        self.card.show_plan(self._studio.draft.recipe.guard)
        self._later.want()

    def finish(self) -> None:
        """Show the costs now, as for a page that comes to the front."""
        self._later.finish()

    def _show_costs(self) -> None:
        recipe, info = self._studio.draft.recipe, self._studio.models.current
        if info is None:
            self._known = ()
            self.card.set_costs(costs_of_watching(recipe))
            return
        known = (info.shape, recipe, self._outlook.device(recipe), self._outlook.lengths)
        if known == self._known:
            return  # readings of the machine come each second
        self._known = known
        lengths = self._outlook.lengths
        mean = lengths.total / lengths.rows if lengths.rows else float(recipe.max_tokens)
        device, told = self._outlook.device(recipe), self._outlook.known()
        self.card.set_costs(costs_of(info.shape, recipe, device, mean, told))

    def _on_edited(self, name: str, value: Any) -> None:
        draft = self._studio.draft
        table = guard_table(draft.recipe, **{name: value})
        try:
            draft.edit_all({"guard": table}, f"{TITLES[name]} changed")
        except RecipeError as problem:
            why = problem.by_field.get("guard", "cannot be")
            self.card.set_fault(name, why.removeprefix(name).strip())

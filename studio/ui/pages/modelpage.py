"""The Model page: a base, a method, what they cost on this computer, and the settings."""

from __future__ import annotations

import contextlib
import functools
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.methodchoices import MethodChoice, Objective
from studio.core.problems import RecipeError
from studio.core.recipe import DEFAULTS, KNOBS, Recipe
from studio.core.waysout import WayOut
from studio.machine.models import ModelInfo, RefusedModel
from studio.ui.look import tokens
from studio.ui.model.guarddesk import GuardDesk
from studio.ui.model.hubdesk import HubDesk
from studio.ui.model.methodrow import MethodRow
from studio.ui.model.modelcard import ModelCard
from studio.ui.model.modeldesk import ModelDesk
from studio.ui.model.plancard import PlanCard
from studio.ui.model.plandesk import PlanDesk
from studio.ui.model.recipedialog import ask_recipe
from studio.ui.model.settingscard import SettingsCard
from studio.ui.model.targetsdialog import TargetsDialog
from studio.ui.widgets.frame import Page
from studio.ui.widgets.parts import Button, fill, scroller

KEPT_ON_RESET = frozenset({"model", "dataset", "title"})
CHOOSE = "Choose a base and a method, and see what it costs"


class ModelPage(Page):
    """Shows the draft and what it would take; edits go to the draft as undo steps."""

    def __init__(self, studio: Studio) -> None:
        self._start = Button("Check and start", "right", "primary", trailing=True)
        super().__init__("Model", CHOOSE, self._start)
        self._studio, self._outlook = studio, Outlook(studio, self)
        self.models, self.plan = ModelCard(), PlanCard()
        self.methods, self.settings = MethodRow(), SettingsCard()
        self._desk = ModelDesk(studio, self._outlook, self.models, self)
        self._hub = HubDesk(studio, self._outlook, self.models.hub, self)
        parts = self.plan, self.methods, self.settings
        self._plan = PlanDesk(studio, self._outlook, parts, self, self._show_models)
        self._stranger, self.measure = self._plan.stranger, self._plan.measure
        whole = QWidget()
        self._column = QVBoxLayout(whole)
        fill(self._column, self.plan, self.methods, gap=tokens.GAP_CARD)
        self._column.addWidget(self.settings, 1)
        self.guard = GuardDesk(studio, self._outlook, self.settings, self)
        self._column.addWidget(self.guard.card)
        self.body.addWidget(self.models)
        self.body.addWidget(scroller(whole), 1)
        self._connect()
        self._show_all()

    def _connect(self) -> None:
        studio = self._studio
        self._start.clicked.connect(lambda: studio.page_requested.emit("Train"))
        self._plan.startable.connect(self._start.setEnabled)
        studio.draft.changed.connect(self._on_draft_changed)
        studio.draft.refused.connect(self.settings.set_fault)
        studio.models.chosen.connect(self._on_model_chosen)
        self._outlook.changed.connect(self._on_outlook_changed)
        self.models.refused_looked_at.connect(self._on_refused_looked_at)
        self._stranger.plans.changed.connect(self._on_outlook_changed)
        self.models.place_changed.connect(self._hub.refresh)
        self.plan.cards.chosen.connect(lambda card: self._on_setting_edited("card", card))
        self.methods.chosen.connect(self._on_method_chosen)
        self.methods.objective_chosen.connect(self._on_objective_chosen)
        self.plan.applied.connect(self._on_way_applied)
        self.plan.recipe_requested.connect(self._on_recipe_requested)
        self.settings.edited.connect(self._on_setting_edited)
        self.settings.preset_chosen.connect(
            lambda preset: self._edit_all(preset.values, f"Preset {preset.title}")
        )
        self.settings.targets_requested.connect(self._on_targets_requested)
        self.settings.reset_requested.connect(self._on_reset_requested)

    def set_small(self, small: bool) -> None:
        """Put the list of models above the rest in a narrow window."""
        super().set_small(small)
        for part in (self.models, self.plan, self.methods, self.settings, self.guard.card):
            part.set_small(small)
        if small:
            self._column.insertWidget(0, self.models)
        else:
            self.body.insertWidget(0, self.models)

    def shown(self) -> None:
        """Show what has changed meanwhile, and have the rows measured if nobody has yet."""
        self._studio.checks.want("Model", True)
        self._show_all()
        self._plan.finish()
        self.guard.finish()

    def hidden(self) -> None:
        """Let no trace be made of what nobody looks at."""
        self._studio.checks.want("Model", False)
        self._plan.leave()

    # what is shown

    def _show_all(self) -> None:
        self._on_draft_changed(self._studio.draft.recipe)

    def _show_recipe(self) -> None:
        draft = self._studio.draft
        self.settings.show_recipe(draft.recipe, dict(draft.faults))
        self.methods.show_recipe(draft.recipe)

    def _show_models(self) -> None:
        self._desk.refresh()
        self._hub.refresh()

    def _on_draft_changed(self, _recipe: Recipe) -> None:
        self._show_recipe()
        self._plan.show()

    def _on_model_chosen(self, _info: ModelInfo | None) -> None:
        self._show_models()
        self._plan.show()

    def _on_outlook_changed(self) -> None:
        if self.isVisible():
            self._plan.show()

    def _on_refused_looked_at(self, model: RefusedModel | None) -> None:
        self._stranger.look_at(model)
        self._plan.show()

    def _on_method_chosen(self, choice: MethodChoice) -> None:
        self._edit_all(choice.changes(self._studio.draft.recipe), f"Method {choice.title}")

    def _on_objective_chosen(self, objective: Objective) -> None:
        self._edit_all({"objective": objective.value}, f"Objective {objective.title}")

    def _on_way_applied(self, way: WayOut) -> None:
        self._edit_all(dict(way.changes), way.title)
        self._studio.said.emit(f"{way.detail}", self._studio.draft.undo_stack.undo)

    def _on_recipe_requested(self) -> None:
        loaded = ask_recipe(self, self._studio.draft.recipe)
        if loaded is not None:
            self._studio.draft.load(loaded)
            self._studio.said.emit("Recipe loaded", self._studio.draft.undo_stack.undo)

    def _on_setting_edited(self, name: str, value: Any) -> None:
        with contextlib.suppress(RecipeError):  # the draft tells the form why, field by field
            self._studio.draft.edit(name, value)

    def _on_targets_requested(self) -> None:
        info, recipe = self._studio.models.current, self._studio.draft.recipe
        if info is None:
            return
        comes_to = functools.partial(self._plan.judge.targets, info, recipe)
        dialog = TargetsDialog(self, info.shape, recipe.targets, comes_to, recipe.blocks)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.accepted.connect(
            lambda: self._edit_all(
                {"targets": dialog.targets, "blocks": dialog.blocks.text().strip()}, "Targets"
            )
        )
        dialog.open()

    def _on_reset_requested(self) -> None:
        values = {name: DEFAULTS[name] for name in KNOBS if name not in KEPT_ON_RESET}
        self._edit_all(values | {"guard": {}}, "Reset all settings")

    def _edit_all(self, values: Any, title: str) -> None:
        if not self._desk.attempt(self._studio.draft.edit_all, values, title):
            self._show_all()

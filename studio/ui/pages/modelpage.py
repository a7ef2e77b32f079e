"""The Model page: a base, a method, what they cost on this computer, and the settings."""

from __future__ import annotations

import contextlib
import functools
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.methodchoices import MethodChoice, Objective
from studio.core.problems import RecipeError
from studio.core.recipe import DEFAULTS, KNOBS, Recipe
from studio.core.relevant import matters
from studio.core.targets import targeted
from studio.core.trained import branched_layers
from studio.core.units import GIB, NO_VALUE, duration, gib
from studio.core.waysout import WayOut
from studio.machine.models import ModelInfo, RefusedModel
from studio.ui.look import tokens
from studio.ui.model.estimateonly import EstimateOnly
from studio.ui.model.guarddesk import GuardDesk
from studio.ui.model.hubdesk import HubDesk
from studio.ui.model.judge import Judge, trained_words
from studio.ui.model.measuredesk import MeasureDesk
from studio.ui.model.methodrow import METHODS, MethodRow
from studio.ui.model.modelcard import ModelCard
from studio.ui.model.modeldesk import ModelDesk
from studio.ui.model.plancard import PlanCard
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
        self._judge = Judge(studio, self._outlook)
        self._budget: int | None = None
        self.models, self.plan = ModelCard(), PlanCard()
        self.methods, self.settings = MethodRow(), SettingsCard()
        self._desk = ModelDesk(studio, self._outlook, self.models, self)
        self._stranger = EstimateOnly(studio, self._outlook, self.plan, self)
        self._hub = HubDesk(studio, self._outlook, self.models.hub, self)
        self.measure = MeasureDesk(studio, self._outlook, self)
        self.plan.body.addWidget(self.measure.strip)
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
        studio.draft.changed.connect(self._on_draft_changed)
        studio.draft.refused.connect(self.settings.set_fault)
        studio.models.chosen.connect(self._on_model_chosen)
        self._outlook.changed.connect(self._on_outlook_changed)
        self.models.refused_looked_at.connect(self._on_refused_looked_at)
        self._stranger.plans.changed.connect(self._on_outlook_changed)
        self.models.place_changed.connect(self._hub.refresh)
        self.plan.cards.chosen.connect(lambda card: self._on_setting_edited("card", card))
        self.plan.hurry.toggled.connect(self._show_deadline)
        self.plan.sooner.edited.connect(self._show_deadline)
        self.methods.chosen.connect(self._on_method_chosen)
        self.methods.objective_chosen.connect(self._on_objective_chosen)
        self.methods.more.toggled.connect(self._show_costs)
        self.plan.applied.connect(self._on_way_applied)
        self.plan.budget_chosen.connect(self._on_budget_chosen)
        self.plan.fit_asked.connect(self._on_fit_asked)
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

    def hidden(self) -> None:
        """Let no trace be made of what nobody looks at."""
        self._studio.checks.want("Model", False)
        self._outlook.leave()
        self._stranger.leave()

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

    def _show_plan(self) -> None:
        info, recipe = self._studio.models.current, self._studio.draft.recipe
        self.plan.set_remark(self._judge.remark(recipe))
        self._show_cards(recipe)
        if self._stranger.show():
            self._show_nothing_else()
            return
        if info is None:
            self._show_no_plan(
                "No model is chosen", "Choose one from the list, or get the starter model."
            )
            return
        try:
            prospect = self._judge.prospect(info, recipe)
        except RecipeError as problem:
            self._show_no_plan(
                "This cannot be trained", f"{problem.summary} {problem.hint}".strip()
            )
            return
        fit = None
        if prospect.verdict in ("no", "tight") or (prospect.verdict and self.plan.fit.isChecked()):
            fit = self._judge.fit(info, recipe, prospect, self._budget)
        memory = prospect.memory
        total = f"of {memory.total_bytes / GIB:.1f}" if memory else ""
        self.measure.show_plan(info, recipe, prospect)
        self.plan.show_prospect(prospect, self._judge.reasons(prospect, recipe), fit, total)
        if self.isVisible():
            self.plan.set_opinion(self._judge.opinion(info, recipe, prospect))
        self._show_time(recipe)
        self.plan.set_disk(*self._judge.disk(recipe, prospect))
        self._show_deadline()
        self._show_costs()
        self._show_consequences(info, recipe)
        self._start.setEnabled(prospect.verdict != "no" and not self._judge.not_yet(recipe))

    def _show_costs(self, _more: bool = False) -> None:
        """Show what each method in sight would take."""
        info = self._studio.models.current
        for choice in self.methods.costs_wanted():
            size, word = self._judge.method(info, choice) if info is not None else (0, "")
            self.methods.set_cost(choice, gib(size) if size else "", word)

    def _show_no_plan(self, headline: str, reason: str) -> None:
        self.plan.show_nothing(headline, reason)
        self._show_nothing_else()

    def _show_nothing_else(self) -> None:
        """Take back what is said of a run beside its plan, and let none start."""
        self.plan.set_opinion(None)
        self.measure.show_plan(None, self._studio.draft.recipe, None)
        for choice in METHODS:
            self.methods.set_cost(choice, "", "")
        for name in ("targets", "grad_accum", "epochs"):
            self.settings.set_help(name, "")
        self._start.setEnabled(False)

    def _show_cards(self, recipe: Recipe) -> None:
        reading = self._studio.machine.reading
        on_card = reading is not None and recipe.device != "cpu"
        gpus = reading.gpus if reading is not None and on_card else ()
        self.plan.cards.show_cards(gpus, recipe.card, recipe.gpus)

    def _show_deadline(self, _changed: object = None) -> None:
        """Show plans that end in time, while they are wanted."""
        info, recipe = self._studio.models.current, self._studio.draft.recipe
        wanted = self.plan.hurry.isChecked() and info is not None
        if not wanted or info is None or self._stranger.model is not None:
            self.plan.sooner.show_deadline(None)
            return
        now = datetime.now()
        allowed = self.plan.sooner.allowed(now)
        with contextlib.suppress(RecipeError):  # the plan above says what is wrong with it
            prospect = self._judge.prospect(info, recipe)
            found = self._judge.deadline(info, recipe, prospect, now, allowed)
            self.plan.sooner.show_deadline(found)

    def _show_time(self, recipe: Recipe) -> None:
        passes = f"{recipe.epochs} {'epochs' if recipe.epochs > 1 else 'epoch'}"
        seconds = self._outlook.seconds(recipe)
        if seconds is None:
            self.plan.set_time(NO_VALUE, self._outlook.why_no_time(recipe))
        else:
            self.plan.set_time(duration(60 * round(seconds / 60) or seconds), passes)

    def _show_consequences(self, info: ModelInfo, recipe: Recipe) -> None:
        """Say beside three settings what their values come to."""
        trained = trained_words(info.shape, recipe)
        if matters("targets", recipe):
            named = len(targeted(info.shape, recipe.targets))
            layers = branched_layers(info.shape, recipe) * named
            self.settings.set_help("targets", f"{layers:,} layers, {trained}.")
        for name in ("virtual_tokens", "bottleneck", "last_n"):
            if matters(name, recipe):
                self.settings.set_help(name, f"{KNOBS[name].sentence} {trained}.")
        whole = f"{recipe.micro_batch} × {recipe.grad_accum} = {recipe.effective_batch:,}"
        self.settings.set_help("grad_accum", f"Effective batch {whole} rows.")
        steps = self._outlook.steps(recipe)
        passes = f"Passes over the data. {steps:,} steps." if steps else ""
        self.settings.set_help("epochs", passes)

    def _on_draft_changed(self, _recipe: Recipe) -> None:
        self._show_recipe()
        self._show_models()
        self._show_plan()

    def _on_model_chosen(self, _info: ModelInfo | None) -> None:
        self._show_models()
        self._show_plan()

    def _on_outlook_changed(self) -> None:
        if self.isVisible():
            self._show_models()
            self._show_plan()

    def _on_refused_looked_at(self, model: RefusedModel | None) -> None:
        self._stranger.look_at(model)
        self._show_plan()

    def _on_method_chosen(self, choice: MethodChoice) -> None:
        self._edit_all(choice.changes(self._studio.draft.recipe), f"Method {choice.title}")

    def _on_objective_chosen(self, objective: Objective) -> None:
        self._edit_all({"objective": objective.value}, f"Objective {objective.title}")

    def _on_way_applied(self, way: WayOut) -> None:
        self._edit_all(dict(way.changes), way.title)
        self._studio.said.emit(f"{way.detail}", self._studio.draft.undo_stack.undo)

    def _on_budget_chosen(self, size: int | None) -> None:
        self._budget = size
        self._show_plan()

    def _on_fit_asked(self, _on: bool) -> None:
        self._on_budget_chosen(None)

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
        comes_to = functools.partial(self._judge.targets, info, recipe)
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

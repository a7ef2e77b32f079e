"""Joins the plan card with the studio: the bar at once, and what follows after it was painted."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.core.problems import RecipeError
from studio.core.recipe import KNOBS, Recipe
from studio.core.relevant import matters
from studio.core.targets import targeted
from studio.core.trained import branched_layers
from studio.core.units import GIB, NO_VALUE, duration, gib
from studio.machine.models import ModelInfo
from studio.ui.model.afterpaint import AfterPaint
from studio.ui.model.estimateonly import EstimateOnly
from studio.ui.model.judge import Judge, trained_words
from studio.ui.model.measuredesk import MeasureDesk
from studio.ui.model.methodrow import METHODS, MethodRow
from studio.ui.model.plancard import PlanCard
from studio.ui.model.planview import Prospect
from studio.ui.model.settingscard import SettingsCard


class PlanDesk(QObject):
    """Shows what the draft would take, on the plan card, the methods and the settings.

    A turn of a setting shall repaint the bar within a frame. So the verdict and the bar are shown
    at once; ways out, the costs of other methods and sentences beside settings follow.

    Signals:
        startable(bool): the plan that is shown may start, or may not.

    Attributes:
        judge: says what a recipe comes to.
        measure: the measurement below the bar.
        stranger: the model that is only estimated, if one is looked at.
    """

    startable = Signal(bool)

    def __init__(
        self,
        studio: Studio,
        outlook: Outlook,
        parts: tuple[PlanCard, MethodRow, SettingsCard],
        page: QWidget,
        *more: Callable[[], None],
    ) -> None:
        """Take the widgets to fill, and more that is to follow the bar, before all else."""
        super().__init__(page)
        self._studio, self._outlook, self._page = studio, outlook, page
        self._card, self._methods, self._settings = parts
        self.judge = Judge(studio, outlook)
        self.stranger = EstimateOnly(studio, outlook, self._card, self)
        self.measure = MeasureDesk(studio, outlook, page)
        self._card.body.addWidget(self.measure.strip)
        self._budget: int | None = None
        self._plan: tuple[ModelInfo, Recipe, Prospect] | None = None
        self._later = AfterPaint(
            self,
            self._show_fit,
            *more,
            self._show_deadline,
            self._show_consequences,
            self._show_costs,
            self._show_opinion,
        )
        self._card.hurry.toggled.connect(self._show_deadline)
        self._card.sooner.edited.connect(self._show_deadline)
        self._card.rows_wanted.connect(lambda: studio.checks.check())
        self._card.budget_chosen.connect(self._on_budget_chosen)
        self._card.fit_asked.connect(lambda _on: self._on_budget_chosen(None))
        self._methods.more.toggled.connect(self._show_costs)

    def show(self) -> None:
        """Show the verdict and the bar now, and the rest after they were painted."""
        info, recipe = self._studio.models.current, self._studio.draft.recipe
        self._card.set_remark(self.judge.remark(recipe), failed=bool(self.judge.row_trouble))
        self._show_cards(recipe)
        self._plan = None
        if self.stranger.show():
            self._show_nothing_else()
        elif info is None:
            self._show_no_plan(
                "No model is chosen", "Choose one from the list, or get the starter model."
            )
        else:
            self._show_plan(info, recipe)
        self._later.want()

    def finish(self) -> None:
        """Show the rest now, as for a page that comes to the front."""
        self._later.finish()

    def leave(self) -> None:
        """Ask for nothing more; the page is not in front."""
        self._outlook.leave()
        self.stranger.leave()

    def _show_plan(self, info: ModelInfo, recipe: Recipe) -> None:
        try:
            prospect = self.judge.prospect(info, recipe)
        except RecipeError as problem:
            words = f"{problem.summary} {problem.hint}".strip()
            self._show_no_plan("This cannot be trained", words)
            return
        self._plan = info, recipe, prospect
        memory = prospect.memory
        total = f"of {memory.total_bytes / GIB:.1f}" if memory else ""
        self._card.show_prospect(prospect, self.judge.reasons(prospect, recipe), total)
        if not self._wants_fit(prospect):
            self._card.ways.show_fit(None)
        self._show_time(recipe)
        self._card.set_disk(*self.judge.disk(recipe, prospect))
        self.measure.show_plan(info, recipe, prospect)
        self.startable.emit(prospect.verdict != "no" and not self.judge.not_yet(recipe))

    def _show_no_plan(self, headline: str, reason: str) -> None:
        self._card.show_nothing(headline, reason)
        self._show_nothing_else()

    def _show_nothing_else(self) -> None:
        """Take back what is said of a run beside its plan, and let none start."""
        self._card.set_opinion(None)
        self.measure.show_plan(None, self._studio.draft.recipe, None)
        for choice in METHODS:
            self._methods.set_cost(choice, "", "")
        for name in ("targets", "grad_accum", "epochs"):
            self._settings.set_help(name, "")
        self.startable.emit(False)

    def _show_cards(self, recipe: Recipe) -> None:
        reading = self._studio.machine.reading
        on_card = reading is not None and recipe.device != "cpu"
        gpus = reading.gpus if reading is not None and on_card else ()
        self._card.cards.show_cards(gpus, recipe.card, recipe.gpus)

    def _show_time(self, recipe: Recipe) -> None:
        passes = f"{recipe.epochs} {'epochs' if recipe.epochs > 1 else 'epoch'}"
        seconds = self._outlook.seconds(recipe)
        if seconds is None:
            self._card.set_time(NO_VALUE, self._outlook.why_no_time(recipe))
        else:
            self._card.set_time(duration(60 * round(seconds / 60) or seconds), passes)

    # what follows

    def _wants_fit(self, prospect: Prospect) -> bool:
        asked = bool(prospect.verdict) and self._card.fit.isChecked()
        return prospect.verdict in ("no", "tight") or asked

    def _show_fit(self) -> None:
        """Show what makes the plan fit, where that is wanted."""
        if self._plan is not None and self._wants_fit(self._plan[2]):
            self._card.ways.show_fit(self.judge.fit(*self._plan, self._budget))

    def _show_deadline(self, _changed: object = None) -> None:
        """Show plans that end in time, while they are wanted."""
        if not self._card.hurry.isChecked() or self._plan is None:
            self._card.sooner.show_deadline(None)
            return
        now = datetime.now()
        allowed = self._card.sooner.allowed(now)
        with contextlib.suppress(RecipeError):  # the plan above says what is wrong with it
            self._card.sooner.show_deadline(self.judge.deadline(*self._plan, now, allowed))

    def _show_costs(self, _more: bool = False) -> None:
        """Show what each method in sight would take."""
        if self._plan is None:
            return
        info = self._plan[0]
        for choice in self._methods.costs_wanted():
            size, word = self.judge.method(info, choice)
            self._methods.set_cost(choice, gib(size) if size else "", word)

    def _show_consequences(self) -> None:
        """Say beside some settings what their values come to."""
        if self._plan is None:
            return
        info, recipe, _ = self._plan
        trained = trained_words(info.shape, recipe)
        if matters("targets", recipe):
            named = len(targeted(info.shape, recipe.targets))
            layers = branched_layers(info.shape, recipe) * named
            self._settings.set_help("targets", f"{layers:,} layers, {trained}.")
        for name in ("virtual_tokens", "bottleneck", "last_n"):
            if matters(name, recipe):
                self._settings.set_help(name, f"{KNOBS[name].sentence} {trained}.")
        whole = f"{recipe.micro_batch} × {recipe.grad_accum} = {recipe.effective_batch:,}"
        self._settings.set_help("grad_accum", f"Effective batch {whole} rows.")
        steps = self._outlook.steps(recipe)
        passes = f"Passes over the data. {steps:,} steps." if steps else ""
        self._settings.set_help("epochs", passes)

    def _show_opinion(self) -> None:
        """Have the plan judged by a trace, while somebody looks at it."""
        if self._plan is not None and self._page.isVisible():
            self._card.set_opinion(self.judge.opinion(*self._plan))

    def _on_budget_chosen(self, size: int | None) -> None:
        self._budget = size
        self.show()
        self.finish()

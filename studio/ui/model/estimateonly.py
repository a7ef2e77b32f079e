"""The plan card for a model of a kind that cannot be trained here: what it would take."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.app.outlook import Outlook
from studio.app.studio import Studio
from studio.app.tracedplans import TracedPlans
from studio.core.memory import compute_precision
from studio.core.problems import RecipeError
from studio.core.units import GIB, NO_VALUE
from studio.machine.models import RefusedModel
from studio.ui.model.plancard import PlanCard
from studio.ui.model.planview import Prospect

BY_SIZE = "The estimate is from its dimensions."
BY_TRACE = (
    "Its architecture is not known here, so the figure is that of a trace: the model itself, run "
    "without weights."
)


class EstimateOnly(QObject):
    """Shows what one model would take, and why it cannot be trained; the page owns it.

    Attributes:
        model: the one that is looked at; None while a model that can be trained is.
    """

    def __init__(self, studio: Studio, outlook: Outlook, card: PlanCard, parent: QObject) -> None:
        super().__init__(parent)
        self._studio, self._outlook, self._card = studio, outlook, card
        self.plans = TracedPlans(studio.traces, self)
        self.model: RefusedModel | None = None

    def look_at(self, model: RefusedModel | None) -> None:
        """Take another model; None leaves."""
        if model is not self.model:
            self.model = model
            self.plans.stop()

    def show(self) -> bool:
        """Show the model that is looked at; return whether there is one to show."""
        if self.model is None or self.model.config is None:
            return False
        recipe, outlook = self._studio.draft.recipe, self._outlook
        device = outlook.device(recipe)
        try:
            self.plans.consider(self.model.config, recipe, device, outlook.known())
        except RecipeError as problem:
            words = f"{problem.summary} {problem.hint}".strip()
            self._card.show_nothing("This cannot be estimated", words)
            return True
        why = self.model.problem.summary
        if self.plans.problem:
            self._card.show_nothing("Its memory is not known", f"{why} {self.plans.problem}")
            return True
        if self.plans.estimate is None:
            self._card.show_nothing("Tracing a step of this model", f"{why} {BY_TRACE}")
            return True
        memory = outlook.memory(recipe)
        prospect = Prospect(
            estimate=self.plans.estimate,
            memory=memory,
            quantization=recipe.quantization,
            number=compute_precision(recipe, device, cpu_bf16=outlook.cpu_bf16),
            device=device,
            ours_back=outlook.ours_back(recipe),
            traced=self.plans.traced,
            only_estimated=True,
        )
        words = f"{why} {BY_TRACE if self.plans.traced else BY_SIZE}"
        total = f"of {memory.total_bytes / GIB:.1f}" if memory else ""
        self._card.show_prospect(prospect, words, total)
        self._card.ways.show_fit(None)
        self._card.set_time(NO_VALUE, "not trainable here")
        self._card.set_disk(NO_VALUE)
        return True

    def leave(self) -> None:
        """Trace nothing more; the page is not in front."""
        self.plans.stop()

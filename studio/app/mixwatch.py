"""What the mix of the recipe being edited gives, counted again whenever something of it changes."""

from __future__ import annotations

from PySide6.QtCore import QObject

from studio.app.changewatch import ChangeWatch
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.mixplanner import MixPlanner
from studio.app.rowchecks import RowChecks
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.mixing import PartRows

SETTLE_MS = 200
"""Changes that come within this time are counted once."""


class MixWatch(ChangeWatch):
    """Follows the draft; does nothing while its recipe has no mix.

    Attributes:
        parts: what each part gives; None while it is not known, or there is no mix.
        problem: why the mix cannot be put together.
    """

    def __init__(
        self,
        workspace: Workspace,
        datasets: DatasetLibrary,
        draft: RecipeDraft,
        checks: RowChecks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(datasets, draft, SETTLE_MS, parent)
        self.parts: tuple[PartRows, ...] | None = None
        self.problem: StudioError | None = None
        self._planner = MixPlanner(workspace, self)
        self._planner.counted.connect(self._on_counted)
        self._planner.refused.connect(self._on_refused)
        for signal in (datasets.listed, checks.changed):
            signal.connect(self.follow)
        self.begin()

    def close(self) -> None:
        """End the counting."""
        super().close()
        self._planner.close()

    @property
    def is_wanted(self) -> bool:
        """Whether there is a mix to count."""
        return bool(self._draft.recipe.mix)

    def follow(self, what: object = None) -> None:
        """Count again once it has settled; without a mix nothing is known."""
        super().follow(what)
        if not self.is_wanted:
            self._take(None, None)

    def look(self) -> None:
        """Count the mix as it is now."""
        self._planner.ask(self._draft.recipe)

    def _on_counted(self, recipe: Recipe, parts: list[PartRows]) -> None:
        if recipe == self._draft.recipe:
            self._take(tuple(parts), None)

    def _on_refused(self, recipe: Recipe, problem: StudioError) -> None:
        if recipe == self._draft.recipe:
            self._take(None, problem)

    def _take(self, parts: tuple[PartRows, ...] | None, problem: StudioError | None) -> None:
        if (parts, problem) != (self.parts, self.problem):
            self.parts, self.problem = parts, problem
            self.changed.emit()

"""Watches whether the rows that would be trained hold general questions, before a start."""

from __future__ import annotations

from functools import partial
from threading import Event

from PySide6.QtCore import QObject

from studio.app.changewatch import ChangeWatch
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.latestjob import LatestJob
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.leaklook import LeaksFound, look_before

SETTLE_MS = 400
"""Changes that come within this time are looked at once."""


class LeakWatch(ChangeWatch):
    """Looks on a thread, and only while somebody wants to know.

    Attributes:
        found: what was found last; None before, or where nothing is asked.
    """

    def __init__(
        self,
        workspace: Workspace,
        datasets: DatasetLibrary,
        draft: RecipeDraft,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(datasets, draft, SETTLE_MS, parent)
        self.found: LeaksFound | None = None
        self._workspace, self._wanted = workspace, False
        self._known: object = None
        self._stop = Event()
        self._job = LatestJob(self)
        self._job.done.connect(lambda _wish, found: self._take(found))
        self._job.failed.connect(lambda _wish, _problem: self._take(None))  # others say why
        self.begin()

    def close(self) -> None:
        """End the looking."""
        super().close()
        self._stop.set()
        self._job.close()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody looks at what is found."""
        return self._wanted

    def want(self, wanted: bool) -> None:
        """Look now and at each change, or let changes pass."""
        self._wanted = wanted
        self.follow()

    def rows_changed(self, what: object = None) -> None:
        """Look again though the recipe is the same."""
        self._known = None
        super().rows_changed(what)

    def look(self) -> None:
        """Look at all rows of the recipe on a thread; an older look is broken off."""
        document, recipe = self._datasets.current, self._draft.recipe
        if document is None or not recipe.guard.enabled:
            self._known = None
            self._stop.set()
            self._take(None)
            return
        if not recipe.mix:
            recipe = recipe.replace(dataset=str(document.path))
        wanted = (recipe.dataset, recipe.mix, recipe.guard.probes, recipe.seed)
        if wanted != self._known:
            self._known = wanted
            self._stop.set()
            self._stop = Event()
            self._job.ask(wanted, self._work(recipe))

    def _work(self, recipe: Recipe) -> partial[LeaksFound | None]:
        return partial(look_before, self._workspace, recipe, self._stop.is_set)

    def _take(self, found: LeaksFound | None) -> None:
        if found != self.found:
            self.found = found
            self.changed.emit()

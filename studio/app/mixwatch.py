"""What the mix of the recipe being edited gives, counted again whenever something of it changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetdocument import DatasetDocument
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


class MixWatch(QObject):
    """Follows the draft; does nothing while its recipe has no mix.

    Attributes:
        parts: what each part gives; None while it is not known, or there is no mix.
        problem: why the mix cannot be put together.

    Signals:
        changed(): parts or problem are others now.
    """

    changed = Signal()

    def __init__(
        self,
        workspace: Workspace,
        datasets: DatasetLibrary,
        draft: RecipeDraft,
        checks: RowChecks,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.parts: tuple[PartRows, ...] | None = None
        self.problem: StudioError | None = None
        self._draft = draft
        self._watched: DatasetDocument | None = None
        self._planner = MixPlanner(workspace, self)
        self._timer = QTimer(self, singleShot=True, interval=SETTLE_MS)
        self._timer.timeout.connect(self._count)
        self._planner.counted.connect(self._on_counted)
        self._planner.refused.connect(self._on_refused)
        for signal in (draft.changed, datasets.listed, checks.changed):
            signal.connect(self._on_changed)
        datasets.opened.connect(self._on_opened)
        self._on_opened(datasets.current)

    def close(self) -> None:
        """End the counting."""
        self._timer.stop()
        self._planner.close()

    def _on_opened(self, document: DatasetDocument | None) -> None:
        if document is not None and document is not self._watched:
            document.changed.connect(self._on_changed)
        self._watched = document
        self._on_changed()

    def _on_changed(self, _what: object = None) -> None:
        if self._draft.recipe.mix:
            self._timer.start()
        else:
            self._timer.stop()
            self._take(None, None)

    def _count(self) -> None:
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

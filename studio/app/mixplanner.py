"""What a mix would come to, counted off the window's thread while its parts are edited."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal

from studio.app.latestjob import LatestJob
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.mixing import count_mix
from studio.data.mixlengths import checked_lengths


class MixPlanner(QObject):
    """Counts mixes; the latest recipe wins. Whoever makes it calls :meth:`close`.

    Signals:
        counted(object Recipe, object list[PartRows]): what the parts give.
        refused(object Recipe, object StudioError): why it cannot be put together.
    """

    counted = Signal(object, object)
    refused = Signal(object, object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._job = LatestJob(self)
        self._job.done.connect(self.counted)
        self._job.failed.connect(self.refused)

    @property
    def busy(self) -> bool:
        """Whether an answer is still to come."""
        return self._job.busy

    def ask(self, recipe: Recipe) -> None:
        """Count the mix of a recipe; counted or refused follows."""
        workspace = self._workspace
        work = partial(count_mix, workspace, recipe, checked_lengths(workspace))
        self._job.ask(recipe, work)

    def close(self) -> None:
        """Answer nothing any more, and wait for what is going on."""
        self._job.close()

"""The application as one object: what is open, what is chosen, and who is told about it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.laterparts import LaterParts
from studio.app.machinewatch import MachineWatch
from studio.app.modellibrary import ModelLibrary
from studio.app.runlibrary import RunLibrary
from studio.app.settings import Settings
from studio.app.tokenkeeper import TokenKeeper
from studio.core.presets import demo_recipe
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe, write_recipe
from studio.machine.measurefolders import sweep_measurements
from studio.machine.models import STARTER
from studio.machine.places import settings_file

if TYPE_CHECKING:
    from studio.core.runstate import RunState

KEEP_MS = 500
"""After the last change of the recipe it is written to the disk."""
CLOSED_IN_ORDER = (
    "chat",
    "talks",
    "answers",
    "evaluations",
    "traces",
    "measures",
    "mixes",
    "leaks",
    "checks",
    "search",
    "renders",
    "hub",
    "models",
    "tokens",
    "datasets",
    "others",
    "tables",
    "forensics",
    "queue",
    "run_acts",
    "run_curves",
    "taking_back",
    "runs",
    "machine",
)
"""Parts with threads or processes: who asks ends before who is asked."""


class Studio(LaterParts):
    """Builds and joins the parts of the application; the window owns it and closes it.

    Making one starts no process, reads no dataset and imports nothing but what a first paint
    needs, so that the window paints at once; :meth:`warm` starts what runs in the background.

    Signals:
        rows_requested(object, str): the Data page is to show only the rows of these ids, which
            the words name; ask for the page first.
        point_requested(str, int): the Chat page is to talk to a run as it stood at a step.
        evaluation_requested(): the Chat page is to measure the run that it was given last.
        page_requested(str): a page that should be shown, by its name.
    """

    page_requested = Signal(str)
    rows_requested = Signal(object, str)
    point_requested = Signal(str, int)
    evaluation_requested = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.settings = Settings(settings_file())
        self.machine = MachineWatch(workspace.path)
        self.datasets = DatasetLibrary(workspace, self)
        self.tokens = TokenKeeper(self)
        self.models = ModelLibrary(workspace, self, tokens=self.tokens)
        self.draft = RecipeDraft(self._last_recipe(), self)
        self.runs = RunLibrary(workspace, self)
        self._closing = False
        self._keeping = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._take_offline()
        self._connect()

    def _connect(self) -> None:
        self.settings.changed.connect(self._take_offline)
        self._keeping.timeout.connect(self._keep_recipe)
        self.draft.changed.connect(self._on_draft_changed)
        self.datasets.opened.connect(self._on_dataset_opened)
        self.models.listed.connect(self._on_models_listed)
        self.runs.failed.connect(self.problem_met)
        self.runs.before_start = self.make_room
        self.runs.state_changed.connect(self._on_run_changed)

    def warm(self) -> None:
        """Start what runs in the background; called after the first paint."""
        sweep_measurements(self.workspace.path / ".staging")
        self.machine.warm()
        self.models.follow(self.draft)
        self.models.warm()
        self.runs.warm()
        self.queue.warm()
        self.renders.warm()

    def close(self) -> None:
        """End the threads and processes of the window; a run that trains goes on."""
        if self._keeping.isActive():
            self._keep_recipe()
        self._closing = True
        for name in CLOSED_IN_ORDER:
            part = self.made(name)
            if part is not None:
                part.close()
        self._keeping.stop()  # closing the dataset is no edit of the recipe

    def _take_offline(self) -> None:
        """Tell those who would use the network whether they may."""
        self.models.offline = self.settings.values.offline
        if "hub" in self.__dict__:
            self.hub.offline = self.settings.values.offline

    def _on_dataset_opened(self, document: object) -> None:
        name = getattr(document, "name", "")
        if self._closing:
            return  # that the data is closed with the window is not the choice of no data
        if name != self.draft.recipe.dataset:
            self.draft.take(self.draft.recipe.replace(dataset=name))

    def _on_models_listed(self) -> None:
        """Choose the starter model for someone who has not chosen yet."""
        if not self.draft.recipe.model and self.models.starter_present():
            with suppress(StudioError):  # a damaged one is listed with its reason
                self.models.choose(self.workspace.model(STARTER))

    def _on_draft_changed(self, _recipe: Recipe) -> None:
        self._keeping.start()

    def _last_recipe(self) -> Recipe:
        """Return the recipe as it was left; the example's own in a new workspace."""
        try:
            return read_recipe(self.workspace.draft)
        except StudioError:  # there is none yet, or it was written by another version
            return demo_recipe()

    def _keep_recipe(self) -> None:
        self._keeping.stop()
        try:
            write_recipe(self.draft.recipe, self.workspace.draft)
        except StudioError as problem:
            self.problem_met.emit(problem)

    def _on_run_changed(self, state: RunState) -> None:
        live = self.runs.live
        self.machine.set_ours("run", live.state.pid if live is not None else None)

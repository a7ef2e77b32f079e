"""The application as one object: what is open, what is chosen, and who is told about it."""

from __future__ import annotations

from contextlib import suppress

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.chatclient import ChatClient
from studio.app.datasetlibrary import DatasetLibrary
from studio.app.draft import RecipeDraft
from studio.app.evaluations import EvaluationLibrary
from studio.app.hubsearch import HubSearch
from studio.app.latestjob import LatestJob
from studio.app.leakwatch import LeakWatch
from studio.app.machinewatch import MachineWatch
from studio.app.measureclient import MeasureClient
from studio.app.mixwatch import MixWatch
from studio.app.modellibrary import ModelLibrary
from studio.app.othercurves import OtherCurves
from studio.app.peaklibrary import PeakLibrary
from studio.app.queuedesk import QueueDesk
from studio.app.renderclient import RenderClient
from studio.app.rowchecks import RowChecks
from studio.app.rowforensics import RowForensics
from studio.app.rowquery import RowQuery
from studio.app.runacts import RunActs
from studio.app.runcurves import RunCurves
from studio.app.runlibrary import RunLibrary
from studio.app.settings import Settings
from studio.app.takingback import TakingBack
from studio.app.talkdesk import TalkDesk
from studio.app.tokenkeeper import TokenKeeper
from studio.app.traceclient import TraceClient
from studio.core.presets import demo_recipe
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.runstate import RunState
from studio.core.workspace import Workspace
from studio.data.recipefile import read_recipe, write_recipe
from studio.machine.measurefolders import sweep_measurements
from studio.machine.models import STARTER
from studio.machine.places import settings_file

KEEP_MS = 500
"""After the last change of the recipe it is written to the disk."""


class Studio(QObject):
    """Builds and joins the parts of the application; the window owns it and closes it.

    Making one starts no process and reads no dataset, so that the window paints at once;
    :meth:`warm` starts what runs in the background.

    Signals:
        said(str, object): something was done; one line, and how to undo it or None.
        problem_met(object): a StudioError the user should read.
        rows_requested(object, str): the Data page is to show only the rows of these ids, which
            the words name; ask for the page first.
        point_requested(str, int): the Chat page is to talk to a run as it stood at a step.
        evaluation_requested(): the Chat page is to measure the run that it was given last.
        page_requested(str): a page that should be shown, by its name.

    Attributes:
        workspace: paths of the open workspace.
        settings: the user's preferences.
        machine: what this computer does, every second.
        renders: rows as the model sees them.
        chat: base and adapted side by side.
        talks: the conversation that is open, and those that were.
        evaluations: what adapters gained on held-out rows, in numbers.
        traces: what a step of a model would hold, to judge the estimate.
        measures: what real steps of a recipe take, when it is asked to measure.
        peaks: what runs and measurements took on this computer.
        datasets: the datasets, and the one that is open.
        tokens: the user's token for the Hub.
        hub: searches the Hub for models when it is asked to.
        models: the models, and the one that is chosen.
        draft: the recipe being edited.
        checks: what is wrong with the rows of the open dataset, and how long they are.
        search: answers which rows of the open dataset are wanted.
        mixes: what the recipe's mix gives, if it has one.
        leaks: general questions that the training rows hold.
        runs: the runs, the one that is shown and the one that trains.
        queue: the runs that wait for their turn.
        run_acts: what can be done with runs that are on the disk.
        run_curves: the curves of runs that are looked at side by side.
        taking_back: takes checkpoints as results, and takes back what a run forgot.
        others: the run whose curves lie behind those of the one that is shown.
        tables: writes curves into files.
        forensics: what the losses of a run's rows say.
    """

    said = Signal(str, object)
    problem_met = Signal(object)
    page_requested = Signal(str)
    rows_requested = Signal(object, str)
    point_requested = Signal(str, int)
    evaluation_requested = Signal()

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.workspace = workspace
        self.settings = Settings(settings_file())
        self.machine = MachineWatch(workspace.path)
        self.renders = RenderClient(self)
        self.chat = ChatClient(self)
        self.talks = TalkDesk(workspace.conversations, self)
        self.evaluations = EvaluationLibrary(workspace, self)
        self.traces = TraceClient(self)
        self.measures = MeasureClient(self)
        self.peaks = PeakLibrary(parent=self)
        self.datasets = DatasetLibrary(workspace, self)
        self.tokens = TokenKeeper(self)
        self.hub = HubSearch(self.tokens, self)
        self.models = ModelLibrary(workspace, self, tokens=self.tokens)
        self.draft = RecipeDraft(self._last_recipe(), self)
        self.checks = RowChecks(
            workspace, self.renders, self.datasets, self.models, self.draft, self
        )
        self.search = RowQuery(self)
        self.mixes = MixWatch(workspace, self.datasets, self.draft, self.checks, self)
        self.leaks = LeakWatch(workspace, self.datasets, self.draft, self)
        self.runs = RunLibrary(workspace, self)
        self.queue = QueueDesk(workspace, self.runs, self)
        self.run_acts = RunActs(workspace, self.runs, self.queue, self)
        self.run_curves = RunCurves(self.runs, self)
        self.taking_back = TakingBack(self.runs, self)
        self.others = OtherCurves(self)
        self.tables = LatestJob(self)
        self.forensics = RowForensics(self)
        self._closing = False
        self._take_offline()
        self.settings.changed.connect(self._take_offline)
        self._keeping = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._keeping.timeout.connect(self._keep_recipe)
        self.draft.changed.connect(self._on_draft_changed)
        self.datasets.opened.connect(self._on_dataset_opened)
        self.models.listed.connect(self._on_models_listed)
        for part in (self.runs, self.queue, self.run_acts, self.taking_back):
            part.failed.connect(self.problem_met)
        self.others.failed.connect(self.problem_met)
        self.forensics.failed.connect(self.problem_met)
        self.tables.done.connect(lambda path, _: self.said.emit(f"{path.name} saved", None))
        self.tables.failed.connect(lambda _, problem: self.problem_met.emit(problem))
        self.runs.starting.connect(self._on_run_starting)
        self.runs.run_ended.connect(self.peaks.refresh)
        self.runs.state_changed.connect(self._on_run_changed)
        self.chat.state_changed.connect(self._on_chat_changed)
        self.evaluations.starting.connect(self._on_evaluation_starting)
        self.evaluations.client.state_changed.connect(self._on_evaluation_changed)

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
        self.chat.close()
        self.talks.close()
        self.evaluations.close()
        self.traces.close()
        self.measures.close()
        self.mixes.close()
        self.leaks.close()
        self.checks.close()
        self.search.close()
        self.renders.close()
        self.hub.close()
        self.models.close()
        self.tokens.close()
        self.datasets.close()
        self.others.close()
        self.tables.close()
        self.forensics.close()
        self.queue.close()
        self.run_acts.close()
        self.run_curves.close()
        self.taking_back.close()
        self.runs.close()
        self.machine.close()
        self._keeping.stop()  # closing the dataset is no edit of the recipe

    def _take_offline(self) -> None:
        """Tell those who would use the network whether they may."""
        self.models.offline = self.hub.offline = self.settings.values.offline

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

    def _on_run_starting(self) -> None:
        if self.chat.state in ("loading", "ready", "answering"):
            self.chat.unload()
            self.said.emit("The chat gave its memory back for the run", None)
        if self.evaluations.give_way():
            self.said.emit("The evaluation paused for the run; it can go on later", None)

    def _on_evaluation_starting(self) -> None:
        """Never hold two copies of a model in silence: the chat loads again when it is asked."""
        if self.chat.state in ("loading", "ready", "answering"):
            self.chat.unload()
            self.said.emit("The chat gave its memory back for the evaluation", None)

    def _on_evaluation_changed(self, _state: str) -> None:
        self.machine.set_ours("evaluation", self.evaluations.client.pid or None)

    def _on_run_changed(self, state: RunState) -> None:
        live = self.runs.live
        self.machine.set_ours("run", live.state.pid if live is not None else None)

    def _on_chat_changed(self, state: str) -> None:
        number = self.evaluations.live
        if state == "loading" and self.evaluations.give_way():
            self.said.emit(
                "The evaluation paused while the chat has the model",
                lambda: self.evaluations.resume(number),
            )
        self.machine.set_ours("chat", self.chat.pid or None)

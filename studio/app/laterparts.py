"""The parts of the application that are made, and imported, when they are first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from studio.app.modelturns import ModelTurns

# Every import inside a function below waits for its part: together they would cost a start
# more than all that the first paint needs.
if TYPE_CHECKING:
    from studio.app.answermaker import AnswerMaker
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
    from studio.core.workspace import Workspace


class LaterParts(ModelTurns):
    """Makes each part once, beside the parts that are there from the start.

    A part that follows others reads what they hold when it is made, so that it does not matter
    when that is.

    Signals:
        problem_met(object): a StudioError the user should read.

    Attributes:
        workspace: paths of the open workspace.
        settings: the user's preferences.
        machine: what this computer does, every second.
        datasets: the datasets, and the one that is open.
        tokens: the user's token for the Hub.
        models: the models, and the one that is chosen.
        draft: the recipe being edited.
        runs: the runs, the one that is shown and the one that trains.
    """

    problem_met = Signal(object)

    workspace: Workspace
    settings: Settings
    machine: MachineWatch
    datasets: DatasetLibrary
    tokens: TokenKeeper
    models: ModelLibrary
    draft: RecipeDraft
    runs: RunLibrary

    # what the model says

    @cached_property
    def renders(self) -> RenderClient:
        """Rows as the model sees them."""
        from studio.app.renderclient import RenderClient

        return RenderClient(self)

    @cached_property
    def chat(self) -> ChatClient:
        """Base and adapted side by side."""
        from studio.app.chatclient import ChatClient

        made = ChatClient(self)
        made.state_changed.connect(self._on_chat_changed)
        return made

    @cached_property
    def talks(self) -> TalkDesk:
        """The conversation that is open, and those that were."""
        from studio.app.talkdesk import TalkDesk

        return TalkDesk(self.workspace.conversations, self)

    @cached_property
    def evaluations(self) -> EvaluationLibrary:
        """What adapters gained on held-out rows, in numbers."""
        from studio.app.evaluations import EvaluationLibrary

        made = EvaluationLibrary(self.workspace, self)
        made.starting.connect(self._on_evaluation_starting)
        made.client.state_changed.connect(self._on_evaluation_changed)
        return made

    @cached_property
    def answers(self) -> AnswerMaker:
        """Has questions answered that are voted on."""
        from studio.app.answermaker import AnswerMaker

        made = AnswerMaker(self.workspace, self)
        made.starting.connect(self._on_answers_starting)
        made.client.state_changed.connect(
            lambda _state: self.machine.set_ours("answers", made.client.pid or None)
        )
        return made

    # what a model and a recipe take

    @cached_property
    def traces(self) -> TraceClient:
        """What a step of a model would hold, to judge the estimate."""
        from studio.app.traceclient import TraceClient

        return TraceClient(self)

    @cached_property
    def measures(self) -> MeasureClient:
        """What real steps of a recipe take, when it is asked to measure."""
        from studio.app.measureclient import MeasureClient

        return MeasureClient(self)

    @cached_property
    def peaks(self) -> PeakLibrary:
        """What runs and measurements took on this computer."""
        from studio.app.peaklibrary import PeakLibrary

        made = PeakLibrary(parent=self)
        self.runs.run_ended.connect(made.refresh)
        return made

    @cached_property
    def hub(self) -> HubSearch:
        """Searches the Hub for models when it is asked to."""
        from studio.app.hubsearch import HubSearch

        made = HubSearch(self.tokens, self)
        made.offline = self.settings.values.offline
        return made

    # what is known of the rows

    @cached_property
    def checks(self) -> RowChecks:
        """What is wrong with the rows of the open dataset, and how long they are."""
        from studio.app.rowchecks import RowChecks

        return RowChecks(self.workspace, self.renders, self.datasets, self.models, self.draft, self)

    @cached_property
    def search(self) -> RowQuery:
        """Answers which rows of the open dataset are wanted."""
        from studio.app.rowquery import RowQuery

        return RowQuery(self)

    @cached_property
    def mixes(self) -> MixWatch:
        """What the recipe's mix gives, if it has one."""
        from studio.app.mixwatch import MixWatch

        return MixWatch(self.workspace, self.datasets, self.draft, self.checks, self)

    @cached_property
    def leaks(self) -> LeakWatch:
        """General questions that the training rows hold."""
        from studio.app.leakwatch import LeakWatch

        return LeakWatch(self.workspace, self.datasets, self.draft, self)

    # what is done with runs

    @cached_property
    def queue(self) -> QueueDesk:
        """The runs that wait for their turn."""
        from studio.app.queuedesk import QueueDesk

        made = QueueDesk(self.workspace, self.runs, self)
        made.failed.connect(self.problem_met)
        return made

    @cached_property
    def run_acts(self) -> RunActs:
        """What can be done with runs that are on the disk."""
        from studio.app.runacts import RunActs

        made = RunActs(self.workspace, self.runs, self.queue, self)
        made.failed.connect(self.problem_met)
        return made

    @cached_property
    def run_curves(self) -> RunCurves:
        """The curves of runs that are looked at side by side."""
        from studio.app.runcurves import RunCurves

        return RunCurves(self.runs, self)

    @cached_property
    def taking_back(self) -> TakingBack:
        """Takes checkpoints as results, and takes back what a run forgot."""
        from studio.app.takingback import TakingBack

        made = TakingBack(self.runs, self.workspace, self)
        made.failed.connect(self.problem_met)
        return made

    @cached_property
    def others(self) -> OtherCurves:
        """The run whose curves lie behind those of the one that is shown."""
        from studio.app.othercurves import OtherCurves

        made = OtherCurves(self)
        made.failed.connect(self.problem_met)
        return made

    @cached_property
    def tables(self) -> LatestJob:
        """Writes curves into files."""
        from studio.app.latestjob import LatestJob

        made = LatestJob(self)
        made.done.connect(lambda path, _: self.said.emit(f"{path.name} saved", None))
        made.failed.connect(lambda _, problem: self.problem_met.emit(problem))
        return made

    @cached_property
    def forensics(self) -> RowForensics:
        """What the losses of a run's rows say."""
        from studio.app.rowforensics import RowForensics

        made = RowForensics(self)
        made.failed.connect(self.problem_met)
        return made

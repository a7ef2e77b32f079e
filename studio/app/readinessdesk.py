"""Looks at adapters that are to be put to use: listed, started, paused, gone on with."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from studio.app.evaluationclient import EvaluationClient
from studio.app.evaluations import EvaluationLibrary
from studio.app.processend import problem_of
from studio.core.problems import StudioError
from studio.core.protocol import RequestFailed
from studio.core.workspace import RunFolder, Workspace
from studio.data.readiness import ReadinessLooks, ReadinessSummary
from studio.data.readinessrows import make_readiness


class ReadinessDesk(QObject):
    """Joins the workspace's looks with the process that the evaluations have too.

    Signals:
        listed(): there is another look, or one stands otherwise.
        advanced(): the look in hand has got further.
        ended(int, str): a look's number and how it stands now: done or paused.
        failed(int, object): a look's number and the StudioError that stopped it.
    """

    listed = Signal()
    advanced = Signal()
    ended = Signal(int, str)
    failed = Signal(int, object)

    def __init__(
        self, workspace: Workspace, evaluations: EvaluationLibrary, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace, self._evaluations = workspace, evaluations
        client = evaluations.client
        client.advanced.connect(self.advanced)
        client.state_changed.connect(self.advanced)
        client.look_ended.connect(self._on_ended)
        client.look_failed.connect(self._on_failed)
        client.gone.connect(self.listed)

    @property
    def live(self) -> int:
        """Number of the look that is being carried out; 0 for none."""
        return self._evaluations.client.look

    @property
    def why_not(self) -> str:
        """Why no look can begin now; empty if one can."""
        return self._evaluations.why_not

    @property
    def client(self) -> EvaluationClient:
        """The process."""
        return self._evaluations.client

    def all(self) -> list[ReadinessSummary]:
        """Return the looks, newest first.

        Raises:
            DataError: their file cannot be read.
        """
        if not self._workspace.evaluations.exists():
            return []
        with ReadinessLooks(self._workspace.evaluations) as store:
            return store.all()

    def start(self, run: RunFolder, adapter: str = "") -> int:
        """Begin a look at a run's adapter, or go on with one of the same setup; return its number.

        Raises:
            StudioError: something that is needed is not there.
        """
        setup = make_readiness(self._workspace, run, adapter)
        with ReadinessLooks(self._workspace.evaluations) as store:
            number = store.same(setup) or store.add(setup)
        self.resume(number)
        return number

    def resume(self, number: int) -> None:
        """Go on with a look; nothing while anything is being carried out."""
        self._evaluations.start_look(number)
        self.listed.emit()

    def pause(self) -> None:
        """Pause what is being carried out."""
        self._evaluations.pause()

    def _on_ended(self, number: int, state: str) -> None:
        self._evaluations.listed.emit()
        self.listed.emit()
        self.ended.emit(number, state)

    def _on_failed(self, number: int, failed: RequestFailed) -> None:
        self.listed.emit()
        problem: StudioError = problem_of(failed)
        problem.hint = problem.hint or "Go on with it: what was found is kept."
        self.failed.emit(number, problem)

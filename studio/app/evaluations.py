"""The evaluations of a workspace: listed, started, paused, gone on with, opened again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from studio.app.evaluationclient import IDLE, EvaluationClient
from studio.app.processend import problem_of
from studio.core.benchmarks import BenchmarkScore, BenchmarksWanted
from studio.core.evaluation import EvaluationSetup, Results
from studio.core.problems import StudioError
from studio.core.protocol import RequestFailed
from studio.core.workspace import Workspace
from studio.data.benchmarks import Benchmarks
from studio.data.evaluations import Evaluations, EvaluationSummary, JudgedRow
from studio.data.judgements import Judgements, Judging, own_votes


class EvaluationLibrary(QObject):
    """Joins the file of evaluations with the process that carries one out; the application owns it.

    Attributes:
        client: the process.

    Signals:
        listed(): there is another evaluation, or one stands otherwise.
        starting(): an evaluation is about to load a model.
        ended(int, str): an evaluation's number and how it stands now: done or paused.
        failed(int, object): an evaluation's number and the StudioError that stopped it.
    """

    listed = Signal()
    starting = Signal()
    ended = Signal(int, str)
    failed = Signal(int, object)

    def __init__(self, workspace: Workspace, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = workspace.evaluations
        self.client = EvaluationClient(workspace.evaluations, self)
        self.client.ended.connect(self._on_ended)
        self.client.failed.connect(self._on_failed)
        self.client.gone.connect(self.listed)

    @property
    def live(self) -> int:
        """Number of the evaluation that is being carried out; 0 for none."""
        return self.client.number

    @property
    def why_not(self) -> str:
        """Why nothing can begin now; empty if something can."""
        if self.client.state == IDLE:
            return ""
        if self.client.look:
            return f"Look {self.client.look} is running; pause it first"
        return f"Evaluation {self.live} is running; pause it first"

    def all(self) -> list[EvaluationSummary]:
        """Return the evaluations, newest first.

        Raises:
            DataError: their file cannot be read.
        """
        if not self._path.exists():
            return []
        with Evaluations(self._path) as store:
            return store.all()

    def open(self, number: int) -> tuple[Results | None, list[JudgedRow]]:
        """Return what came of an evaluation; None and no rows as long as nothing has.

        Raises:
            DataError: the file cannot be read.
        """
        with Evaluations(self._path) as store:
            results = store.results(number)
            return results, store.judged(number) if results is not None else []

    def start(self, setup: EvaluationSetup) -> int:
        """Begin an evaluation, or go on with one of the same setup; return its number.

        Raises:
            StudioError: it cannot be kept.
        """
        with Evaluations(self._path) as store:
            number = store.same(setup) or store.add(setup)
        self.resume(number)
        return number

    def resume(self, number: int) -> None:
        """Go on with an evaluation; nothing while one is being carried out."""
        if self.client.state == IDLE:
            self.starting.emit()
            self.client.start(number)
            self.listed.emit()

    def judge(self, number: int, model: Path) -> None:
        """Let a model judge an evaluation that is done; nothing while one is being carried out."""
        if self.client.state == IDLE:
            self.starting.emit()
            self.client.start(number, judge=str(model))
            self.listed.emit()

    def ask_benchmarks(self, number: int, wanted: BenchmarksWanted) -> None:
        """Let the columns of an evaluation that is done answer standard benchmarks."""
        if self.client.state == IDLE:
            self.starting.emit()
            self.client.start(
                number,
                benchmarks=",".join(wanted.tasks),
                task_folder=wanted.folder,
                benchmark_limit=wanted.limit,
            )
            self.listed.emit()

    def benchmarks(self, number: int) -> list[BenchmarkScore]:
        """Return what standard benchmarks gave, beside an evaluation.

        Raises:
            DataError: the file cannot be read.
        """
        with Benchmarks(self._path) as kept:
            return kept.of(number)

    def start_look(self, look: int) -> None:
        """Begin a look at an adapter, or go on with it; nothing while anything is carried out."""
        if self.client.state == IDLE:
            self.starting.emit()
            self.client.start_look(look)
            self.listed.emit()

    @property
    def way_back(self) -> Callable[[], None]:
        """What goes on with what is in hand now, once it was paused; only while there is any."""
        number, look = self.client.number, self.client.look
        return (lambda: self.start_look(look)) if look else (lambda: self.resume(number))

    def judgings(self, number: int) -> tuple[list[Judging], dict[tuple[str, int], bool]]:
        """Return what judges said of an evaluation, and the user's own votes on it.

        Raises:
            DataError: the file cannot be read.
        """
        with Judgements(self._path) as kept:
            return kept.of(number), own_votes(self._path, number)

    def pause(self) -> None:
        """Pause what is being carried out."""
        self.client.pause()

    def give_way(self) -> bool:
        """Pause at once and give the memory back; return whether there was anything to pause."""
        was = self.client.state != IDLE
        self.client.end()
        return was

    def close(self) -> None:
        """End the process; the evaluation in hand can be gone on with."""
        self.client.close()

    def _on_ended(self, number: int, state: str) -> None:
        self.listed.emit()
        self.ended.emit(number, state)

    def _on_failed(self, number: int, failed: RequestFailed) -> None:
        self.listed.emit()
        problem: StudioError = problem_of(failed)
        problem.hint = problem.hint or "Go on with it: what was answered is kept."
        self.failed.emit(number, problem)

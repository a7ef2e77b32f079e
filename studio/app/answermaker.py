"""Has both columns of a vote answer its questions, one question after the other."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, Signal

from studio.app.chatclient import READY, ChatClient
from studio.app.processend import problem_of
from studio.core.answerlist import AnswerSetup, as_asked
from studio.core.evaluation import EvaluationRow
from studio.core.problems import StudioError
from studio.core.protocol import AnswerEnded, ChatLoaded, Progress, RequestFailed
from studio.core.workspace import Workspace
from studio.data.answerlists import AnswerLists


class AnswerMaker(QObject):
    """Owns a process of its own, whose memory is given back as soon as all is answered.

    Both columns answer in one batch with the same sampler. What was answered is on the disk before
    the next question is asked, so that a list is gone on with wherever it ended.

    Attributes:
        number: of the list that is being answered; 0 for none.
        done, total: questions that are answered or refused, and all.
        words: what is being done now.

    Signals:
        starting(): a model is about to be loaded.
        advanced(): done, total or words are others now.
        ended(int): the list of that number is answered as far as it can be, or was paused.
        failed(int, object): its number and the StudioError that stopped it.
    """

    starting = Signal()
    advanced = Signal()
    ended = Signal(int)
    failed = Signal(int, object)

    def __init__(
        self,
        workspace: Workspace,
        parent: QObject | None = None,
        *,
        client: ChatClient | None = None,
    ) -> None:
        super().__init__(parent)
        self._path = workspace.evaluations
        self.client = client or ChatClient(self)
        self.client.loaded.connect(self._on_loaded)
        self.client.progressed.connect(self._on_progressed)
        self.client.answer_ended.connect(self._on_answer_ended)
        self.client.state_changed.connect(self._on_state_changed)
        self.client.failed.connect(self._on_failed)
        self._forget()

    def _forget(self) -> None:
        self.number = self.done = self.total = 0
        self.words = ""
        self._began = 0.0
        self._done_before = 0
        self._setup: AnswerSetup | None = None
        self._questions: list[EvaluationRow] = []
        self._open: list[int] = []
        self._names: list[str] = []
        self._came: dict[str, AnswerEnded] = {}
        self._asked = 0
        self._due = False  # the next question is asked as soon as the engine is ready

    @property
    def left_seconds(self) -> float | None:
        """About how long it still takes; None before the first answer."""
        made = self.done - self._done_before
        if not made:
            return None
        return (time.monotonic() - self._began) / made * (self.total - self.done)

    def start(self, number: int) -> None:
        """Answer what is open of a list; nothing while one is being answered.

        Raises:
            StudioError: it cannot be read.
        """
        if self.number:
            return
        with AnswerLists(self._path) as lists:
            found = lists.one(number)
            questions, places = lists.questions(number), lists.open_places(number)
        if not places:
            self.ended.emit(number)
            return
        self.starting.emit()
        self.number, self._setup, self._questions, self._open = (
            number,
            found.setup,
            questions,
            places,
        )
        self.total, self.done = found.total, found.total - len(places)
        self.words = "Starting the engine"
        self._load(found.setup)
        self.advanced.emit()

    def pause(self) -> None:
        """Stop at once and give the memory back; whole pairs of answers are kept."""
        if self.number:
            self._end()

    def give_way(self) -> bool:
        """Pause for somebody who needs the memory; return whether there was anything to pause."""
        was = bool(self.number)
        self.pause()
        return was

    def close(self) -> None:
        """End the process and wait for it."""
        self._forget()
        self.client.close()

    def _load(self, setup: AnswerSetup) -> None:
        adapted = [c for c in (setup.first, setup.second) if c.adapter]
        self.client.load(
            setup.model,
            adapter=adapted[0].adapter if adapted else "",
            run=adapted[0].run if adapted else "",
            quantization=setup.quantization,
            double_quant=setup.double_quant,
            precision=setup.precision,
            device=setup.device,
            others=[{"name": c.name, "adapter": c.adapter, "run": c.run} for c in adapted[1:]],
        )

    def _on_loaded(self, facts: ChatLoaded) -> None:
        setup = self._setup
        if setup is None:
            return
        adapted = iter(facts.columns[1:])
        self._names = [
            next(adapted) if column.adapter else facts.columns[0]
            for column in (setup.first, setup.second)
        ]
        self._began, self._done_before = time.monotonic(), self.done
        self._due = True

    def _on_state_changed(self, state: str) -> None:
        if state == READY and self._due:
            self._due = False
            self._ask_next()

    def _ask_next(self) -> None:
        """Ask what is next, or end."""
        assert self._setup is not None
        if not self._open:
            self._end()
            return
        row = self._questions[self._open[0]]
        said = as_asked(row.turns)
        if said is None:
            self._refuse("Its turns do not alternate.")
            return
        system, before, question = said
        self._came = {}
        self.words = f"Question {self.done + 1:,} of {self.total:,}"
        self._asked = self.client.generate(
            question,
            self._setup.sampler,
            system=system,
            history={name: before for name in self._names},
            columns=self._names,
        )
        self.advanced.emit()

    def _on_answer_ended(self, ended: AnswerEnded) -> None:
        if not self.number or ended.id != self._asked:
            return
        self._came[ended.column] = ended
        if len(self._came) < len(self._names):
            return
        both = [self._came[name] for name in self._names]
        try:
            with AnswerLists(self._path) as lists:
                lists.keep(self.number, self._open[0], [(a.text, a.reason, a.tokens) for a in both])
        except StudioError as problem:
            self._break_off(problem)
            return
        self._count()
        self._due = True

    def _count(self) -> None:
        del self._open[0]
        self.done += 1
        self.advanced.emit()

    def _refuse(self, why: str) -> None:
        try:
            with AnswerLists(self._path) as lists:
                lists.refuse(self.number, self._open[0], why)
        except StudioError as problem:
            self._break_off(problem)
            return
        self._count()
        self._ask_next()

    def _on_progressed(self, progress: Progress) -> None:
        if self.number:
            self.words = progress.what
            self.advanced.emit()

    def _on_failed(self, failed: RequestFailed) -> None:
        if not self.number:
            return
        if failed.id == self._asked and self.client.facts is not None:
            self._refuse(failed.summary)  # the question, not the model: the others go on
            return
        problem: StudioError = problem_of(failed)
        problem.hint = problem.hint or "Go on with it: what was answered is kept."
        self._break_off(problem)

    def _break_off(self, problem: StudioError) -> None:
        number = self.number
        self._forget()
        self.client.unload()
        self.failed.emit(number, problem)

    def _end(self) -> None:
        number = self.number
        self._forget()
        self.client.unload()
        self.ended.emit(number)

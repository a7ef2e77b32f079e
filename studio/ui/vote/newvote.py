"""Fills the form of a new vote, and turns what is chosen there into questions and columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from studio.app.answerchoice import AnswersWanted, setup_for
from studio.app.chatdesk import ChatDesk
from studio.app.evaluationchoice import split_counts
from studio.app.studio import Studio
from studio.core.answerlist import AnswerSetup
from studio.core.evaluation import EvaluationRow
from studio.core.problems import StudioError
from studio.data.askedrows import draw_questions, own_question, read_questions
from studio.data.evaluations import EvaluationSummary
from studio.ui.vote.voteform import EVALUATED, ROWS, VoteForm
from studio.ui.widgets.banner import ErrorBanner

QUESTIONS = "Questions (*.txt *.md *.json *.jsonl);;All files (*)"


class NewVote(QObject):
    """Stands between the form and the workspace; the pane owns it."""

    def __init__(self, studio: Studio, chat: ChatDesk, form: VoteForm, banner: ErrorBanner) -> None:
        super().__init__(form)
        self._studio, self._chat, self._form, self._banner = studio, chat, form, banner
        form.new.dataset_chosen.connect(self._show_splits)
        form.new.file_requested.connect(self._on_file_requested)

    def fill(self, finished: Sequence[EvaluationSummary]) -> bool:
        """Offer what there is; return whether there is anything to vote on."""
        runs, shown = self._chat.runs, self._chat.run
        self._form.show_evaluations(finished)
        self._form.new.show_runs(runs, shown.run if shown is not None else "")
        names = self._studio.datasets.names()
        self._form.new.show_datasets(names, shown.dataset if shown is not None else "")
        self._form.choose_source(EVALUATED if finished else ROWS)
        self.say_busy()
        return bool(finished or runs)

    def say_busy(self) -> None:
        """Say whether answers can be made now."""
        words = "Answers of another vote are being made; pause them first"
        self._form.set_busy(words if self._studio.answers.number else "")

    def asked(self, wanted: AnswersWanted) -> tuple[AnswerSetup, list[EvaluationRow]]:
        """Return who answers and what is asked.

        Raises:
            StudioError: the model, the run or the rows are not there.
        """
        setup = setup_for(self._studio.workspace, wanted)
        if not setup.dataset:
            return setup, [own_question(text) for text in wanted.questions]
        seed = wanted.sampler.seed
        return setup, draw_questions(Path(setup.dataset), setup.split, wanted.limit, seed)

    def take_file(self, path: Path) -> None:
        """Take the questions of a file; a sentence says why they cannot be."""
        try:
            found = read_questions(path)
        except StudioError as problem:
            self._banner.show_problem(problem)
            return
        self._banner.clear()
        self._form.new.list.take(path.name, found)

    def _show_splits(self, dataset: str) -> None:
        counts: dict[str, int] = {}
        try:
            counts = split_counts(self._studio.workspace, dataset)
            self._banner.clear()
        except StudioError as problem:
            self._banner.show_problem(problem)
        self._form.new.show_splits(counts)

    def _on_file_requested(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self._form, "Questions", "", QUESTIONS)
        if chosen:
            self.take_file(Path(chosen))

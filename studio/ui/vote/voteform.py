"""Which answers are voted on: those of an evaluation, or such that are made for the vote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.evaluation import BASE
from studio.data.evaluations import EvaluationSummary
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import PADDING
from studio.ui.vote.newanswers import WIDTH_CHOICE, NewAnswers
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, ChoiceField, fill, label, line, scroller
from studio.ui.widgets.segmented import Segmented

EVALUATED, ROWS, OWN = range(3)


class VoteForm(Card):
    """Chooses what is voted on.

    Signals:
        started(int, str, str): vote between two columns of an evaluation.
        answers_wanted(object AnswersWanted): have the answers made, and vote on them.
    """

    started = Signal(int, str, str)
    answers_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__("New vote", "two answers to each question, without their names")
        self._summaries: Sequence[EvaluationSummary] = ()
        self._busy = ""
        self.source = Segmented(
            "What is voted on", "An evaluation's answers", "Rows of a dataset", "My own questions"
        )
        self.evaluation, self.first, self.second = ChoiceField(), ChoiceField(), ChoiceField()
        self.new = NewAnswers()
        self.start_button = Button("Begin the vote", "play", "primary")
        self._why = label("", tone="muted")
        self._lay_out()
        self.evaluation.activated.connect(self._show_columns)
        self.first.activated.connect(self._judge)
        self.second.activated.connect(self._judge)
        self.new.changed.connect(self._judge)
        self.source.chosen.connect(self.choose_source)
        self.start_button.clicked.connect(self._start)

    def _lay_out(self) -> None:
        self._evaluated = QWidget()
        rows = fill(QVBoxLayout(self._evaluated), gap=2)
        for name, field, words in (
            ("Answers of", self.evaluation, "A finished evaluation; no model is loaded."),
            ("Between", self.first, "Sides are dealt by chance, each as often left as right."),
            ("And", self.second, "Who is who is shown when you reveal it."),
        ):
            rows.addWidget(FormRow(name, field, words))
            field.setFixedWidth(WIDTH_CHOICE)
        inner = QWidget()
        source = fill(QHBoxLayout(), self.source, None)
        parts = (source, 8, self._evaluated, self.new, None)
        fill(QVBoxLayout(inner), *parts, edge=(PADDING, 12, PADDING, 12))
        foot = fill(QHBoxLayout(), self._why, None, self.start_button, gap=12)
        foot.setContentsMargins(PADDING, 10, PADDING, 12)
        fill(self.body, scroller(inner), line(), foot)

    def show_evaluations(self, summaries: Sequence[EvaluationSummary]) -> None:
        """Offer finished evaluations, the newest first."""
        self._summaries = summaries
        self.evaluation.clear()
        for summary in summaries:
            dataset = Path(summary.setup.dataset).stem
            words = f"{summary.id} · {dataset} · {summary.setup.split}"
            self.evaluation.addItem(words, summary.id)
        self._show_columns()

    def choose_source(self, source: int) -> None:
        """Vote on EVALUATED answers, ROWS of a dataset or OWN questions."""
        self.source.set_current(source)
        self._evaluated.setVisible(source == EVALUATED)
        self.new.setVisible(source != EVALUATED)
        self.new.set_own(source == OWN)

    def set_busy(self, why: str) -> None:
        """Say why no answers can be made now; empty if they can."""
        self._busy = why
        self._judge()

    def _show_columns(self) -> None:
        at = self.evaluation.currentIndex()
        names = [c.name for c in self._summaries[at].setup.columns] if at >= 0 else []
        for field, chosen in ((self.first, 0), (self.second, 1)):
            field.clear()
            for name in names:
                field.addItem("base" if name == BASE else short_name(name), name)
            field.setCurrentIndex(min(chosen, len(names) - 1))
        self._judge()

    @property
    def _why_not(self) -> str:
        if self.source.current() != EVALUATED:
            return self._busy or self.new.why_not
        if not self._summaries:
            return "No evaluation is finished yet"
        same = self.first.currentData() == self.second.currentData()
        return "Choose two different columns" if same else ""

    def _judge(self) -> None:
        made = self.source.current() != EVALUATED
        self._why.setText(self._why_not or ("The answers are made first" if made else ""))
        self.start_button.setText("Make the answers" if made else "Begin the vote")
        self.start_button.setEnabled(not self._why_not)

    def _start(self) -> None:
        if self.source.current() != EVALUATED:
            self.answers_wanted.emit(self.new.wanted)
            return
        number, first = self.evaluation.currentData(), self.first.currentData()
        self.started.emit(number, first, self.second.currentData())

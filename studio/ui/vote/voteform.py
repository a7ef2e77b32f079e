"""Which answers are voted on: a finished evaluation, and two of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.core.evaluation import BASE
from studio.data.evaluations import EvaluationSummary
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.card import Card
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, ChoiceField, fill, label

WIDTH_CHOICE = 300


class VoteForm(Card):
    """Chooses what is voted on.

    Signals:
        started(int, str, str): vote between two columns of an evaluation.
    """

    started = Signal(int, str, str)

    def __init__(self) -> None:
        super().__init__("New vote", "two answers to each question, without their names")
        self._summaries: Sequence[EvaluationSummary] = ()
        self.evaluation, self.first, self.second = ChoiceField(), ChoiceField(), ChoiceField()
        self.start_button = Button("Begin the vote", "play", "primary")
        self._why = label("", tone="muted")
        rows = QVBoxLayout()
        for name, field, words in (
            ("Answers of", self.evaluation, "A finished evaluation; no model is loaded."),
            ("Between", self.first, "Sides are dealt by chance, each as often left as right."),
            ("And", self.second, "Who is who is shown when you reveal it."),
        ):
            field.setAccessibleName(name)
            rows.addWidget(FormRow(name, field, words))
            field.setFixedWidth(WIDTH_CHOICE)
        foot = fill(QHBoxLayout(), self.start_button, self._why, None, gap=12)
        inner = QWidget()
        fill(QVBoxLayout(inner), rows, 14, foot, None, edge=(PADDING, 12, PADDING, PADDING))
        self.body.addWidget(inner, 1)
        self.evaluation.activated.connect(self._show_columns)
        self.first.activated.connect(self._judge)
        self.second.activated.connect(self._judge)
        self.start_button.clicked.connect(self._start)

    def show_evaluations(self, summaries: Sequence[EvaluationSummary]) -> None:
        """Offer finished evaluations, the newest first."""
        self._summaries = summaries
        self.evaluation.clear()
        for summary in summaries:
            dataset = Path(summary.setup.dataset).stem
            words = f"{summary.id} · {dataset} · {summary.setup.split}"
            self.evaluation.addItem(words, summary.id)
        self._show_columns()

    def _show_columns(self) -> None:
        at = self.evaluation.currentIndex()
        names = [c.name for c in self._summaries[at].setup.columns] if at >= 0 else []
        for field, chosen in ((self.first, 0), (self.second, 1)):
            field.clear()
            for name in names:
                field.addItem("base" if name == BASE else short_name(name), name)
            field.setCurrentIndex(min(chosen, len(names) - 1))
        self._judge()

    def _judge(self) -> None:
        same = self.first.currentData() == self.second.currentData()
        self._why.setText("Choose two different columns" if same else "")
        self.start_button.setEnabled(not same and bool(self._summaries))

    def _start(self) -> None:
        number, first = self.evaluation.currentData(), self.first.currentData()
        self.started.emit(number, first, self.second.currentData())

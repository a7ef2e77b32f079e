"""Answers that are made for a vote: whose, to which questions, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.answerchoice import AnswersWanted, answerers
from studio.core.evaluation import BASE
from studio.core.example import TEST
from studio.data.runfiles import RunSummary
from studio.ui.chat.samplerpanel import SamplerPanel
from studio.ui.evaluate.choices import offer_datasets, offer_runs, offer_splits
from studio.ui.evaluate.names import short_name
from studio.ui.vote.ownlist import OwnList
from studio.ui.widgets.formrow import FormRow
from studio.ui.widgets.parts import Button, ChoiceField, Elided, IconLabel, fill

WIDTH_CHOICE = 300
LIMITS = (12, 24, 50, 100, 200, 0)
USUAL_LIMIT = 24
USUAL_LENGTH = 128
"""Tokens: long enough to tell two answers apart, and half the time of the chat's."""


class NewAnswers(QWidget):
    """Chooses who answers; the questions are rows of a dataset or somebody's own.

    Signals:
        changed(): something else is chosen.
        dataset_chosen(str): the splits of another dataset are wanted.
        file_requested(): a file of questions is to be chosen.
    """

    changed = Signal()
    dataset_chosen = Signal(str)
    file_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._runs: Sequence[RunSummary] = ()
        self._counts: dict[str, int] = {}
        self.own = False
        self.run, self.first, self.second = ChoiceField(), ChoiceField(), ChoiceField()
        self.dataset, self.split, self.limit = ChoiceField(), ChoiceField(), ChoiceField()
        self.limit.addItems([f"Up to {n:,} rows" if n else "All rows" for n in LIMITS])
        self.limit.setCurrentIndex(LIMITS.index(USUAL_LIMIT))
        self.list = OwnList()
        self._fields = self._rows()
        fill(QVBoxLayout(self), *self._fields.values(), self.list, self._sampler_line(), gap=2)
        self._connect()

    def _rows(self) -> dict[str, FormRow]:
        made = {}
        for name, field, words in (
            ("Run", self.run, "Its base and system prompt; answers are made for the vote."),
            ("Between", self.first, "Sides are dealt by chance, each as often left as right."),
            ("And", self.second, "Who is who is shown when you reveal it."),
            ("Dataset", self.dataset, "Where the questions are."),
            ("Split", self.split, "Rows that nobody was trained on tell the most."),
            ("Rows", self.limit, "Drawn by the sampler's seed, the same ones every time."),
        ):
            made[name] = FormRow(name, field, words)
            field.setFixedWidth(WIDTH_CHOICE)
        return made

    def _sampler_line(self) -> QWidget:
        self.panel = SamplerPanel(self)
        self.panel.length.setValue(USUAL_LENGTH)
        self.change_button = Button("Change…", kind="quiet", compact=True)
        self.change_button.setAccessibleName("Change how the answers are drawn")
        self.change_button.setProperty("act", True)
        self.change_button.clicked.connect(lambda: self.panel.open_above(self.change_button))
        self._words = Elided("")
        self.panel.changed.connect(self._show_sampler)
        made = QWidget()
        row = fill(QHBoxLayout(made), IconLabel("seed", size=14), gap=8, edge=(0, 8, 0, 0))
        row.addWidget(self._words, 1)
        row.addWidget(self.change_button)
        self._show_sampler()
        return made

    def _connect(self) -> None:
        self.run.activated.connect(self._show_columns)
        for field in (self.first, self.second, self.split, self.limit):
            field.activated.connect(self.changed)
        self.dataset.activated.connect(
            lambda at: self.dataset_chosen.emit(self.dataset.itemText(at))
        )
        self.list.changed.connect(self.changed)
        self.list.file_requested.connect(self.file_requested)

    def _show_sampler(self) -> None:
        self._words.setText("   ".join((*self.panel.sampler.words, "the same for both")))

    def set_own(self, own: bool) -> None:
        """Take questions that somebody writes, or rows of a dataset."""
        self.own = own
        for name in ("Dataset", "Split", "Rows"):
            self._fields[name].setVisible(not own)
        self.list.setVisible(own)
        self.changed.emit()

    def show_runs(self, runs: Sequence[RunSummary], current: str) -> None:
        """Offer runs that have grown a branch."""
        self._runs = runs
        offer_runs(self.run, runs, current)
        self._show_columns()

    def show_datasets(self, names: Sequence[str], current: str) -> None:
        """Offer datasets; dataset_chosen follows for the one that is chosen."""
        offer_datasets(self.dataset, names, current)
        if names:
            self.dataset_chosen.emit(self.dataset.currentText())

    def show_splits(self, counts: dict[str, int]) -> None:
        """Offer the splits with their rows; the test split if it has any."""
        self._counts = counts
        offer_splits(self.split, counts)
        self.changed.emit()

    @property
    def why_not(self) -> str:
        """Why the vote cannot begin; empty if it can."""
        if self._summary is None:
            return "No run has grown a branch yet"
        if self.first.currentIndex() == self.second.currentIndex():
            return "Choose two different columns"
        if self.own:
            return "" if self.list.found.questions else "Write a question first"
        if not self.dataset.currentText():
            return "There is no dataset to ask from"
        split = self.split.currentData()
        return "" if self._counts.get(split) else f"There is no row in the {split} split"

    @property
    def wanted(self) -> AnswersWanted:
        """What is chosen; only where nothing stands against it."""
        summary = self._summary
        assert summary is not None
        return AnswersWanted(
            summary,
            self.first.currentData(),
            self.second.currentData(),
            "" if self.own else self.dataset.currentText(),
            self.split.currentData() or TEST,
            LIMITS[max(self.limit.currentIndex(), 0)],
            self.list.found.questions if self.own else (),
            self.panel.sampler,
        )

    @property
    def _summary(self) -> RunSummary | None:
        chosen = self.run.currentData()
        return next((summary for summary in self._runs if summary.run == chosen), None)

    def _show_columns(self) -> None:
        summary = self._summary
        offered = answerers(summary, self._runs) if summary is not None else []
        for field, chosen in ((self.first, 0), (self.second, 1)):
            field.clear()
            for spec in offered:
                field.addItem("base" if spec.name == BASE else short_name(spec.name), spec)
            field.setCurrentIndex(min(chosen, len(offered) - 1))
        self.changed.emit()

"""The card of the judge: which model judges, what it says, and what that is worth."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QVBoxLayout

from studio.app.evaluationclient import IDLE
from studio.app.studio import Studio
from studio.core.evaluation import BASE, Results
from studio.core.judging import (
    WEAK,
    agreement,
    agreement_words,
    is_better,
    judged_columns,
    judged_words,
)
from studio.core.problems import StudioError
from studio.data.judgements import Judging
from studio.ui.evaluate.names import short_name
from studio.ui.look.fonts import Role
from studio.ui.look.tokens import PADDING
from studio.ui.widgets.banner import ErrorBanner
from studio.ui.widgets.card import Card
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, ChoiceField, fill, prose

MOST_JUDGES = 3
TONES = {True: "good", False: "warning", None: "plain"}


class JudgeCard(Card):
    """Offers the models at hand as judges of a finished evaluation."""

    def __init__(self, studio: Studio) -> None:
        self.model = ChoiceField()
        self.button = Button("Let it judge", "compare", compact=True)
        super().__init__("A model as judge", "optional", self.model, self.button)
        self._studio, self._library = studio, studio.evaluations
        self._number = self._asked = 0
        self.model.setAccessibleName("Model that judges")
        self.model.setMinimumWidth(250)
        self.banner = ErrorBanner()
        self.notes = QVBoxLayout()
        fill(self.notes, gap=8)
        inner = fill(QVBoxLayout(), self.notes, prose(WEAK, Role.SMALL), gap=8)
        inner.setContentsMargins(PADDING, 12, PADDING, 14)
        self.body.addWidget(self.banner)
        self.body.addLayout(inner)
        self.button.clicked.connect(self._on_asked)
        self._library.failed.connect(self._on_failed)
        self._library.client.state_changed.connect(self._set_able)
        studio.models.listed.connect(self._show_models)

    def show_evaluation(self, number: int, results: Results) -> None:
        """Show what judges said of an evaluation; hidden where there are no two answers."""
        self._number = number
        answered = "token_f1" in results.columns[0].metrics
        self.setVisible(answered and len(results.columns) > 1)
        self._show_models()
        if self._asked != number:
            self.banner.clear()
        try:
            judgings, votes = self._library.judgings(number)
        except StudioError as problem:
            self.banner.show_problem(problem)
            return
        self._show_notes(judgings, votes)
        self._set_able()

    def _show_notes(self, judgings: list[Judging], votes: dict[tuple[str, int], bool]) -> None:
        while self.notes.count():
            item = self.notes.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for judging in judgings[:MOST_JUDGES]:
            for note in _notes(judging, votes):
                self.notes.addWidget(note)
        if not judgings:
            words = (
                "Another model on this computer reads question, written answer and both answers, "
                "and says which is nearer. It is asked twice, in both orders; only equal verdicts "
                "count."
            )
            self.notes.addWidget(prose(words))

    def _show_models(self) -> None:
        chosen = self.model.currentData()
        self.model.clear()
        for info in self._studio.models.all():
            self.model.addItem(info.name, str(info.folder))
        self.model.setCurrentIndex(max(self.model.findData(chosen), 0))
        self._set_able()

    def _set_able(self) -> None:
        able = self._library.client.state == IDLE and self.model.count() > 0
        self.button.setEnabled(able)
        self.button.setToolTip("" if able else "Waits for a model, and for the evaluation to end")

    def _on_asked(self) -> None:
        info = next(
            (i for i in self._studio.models.all() if str(i.folder) == self.model.currentData()),
            None,
        )
        if info is not None:
            self.banner.clear()
            self._asked = self._number
            self._library.judge(self._number, info.folder)

    def _on_failed(self, number: int, problem: StudioError) -> None:
        if number == self._asked:
            self.banner.show_problem(problem, ("Try again", self._on_asked))


def _notes(judging: Judging, votes: dict[tuple[str, int], bool]) -> list[Note]:
    """Return what one judge says, a note for each column."""
    made = []
    for column in judged_columns(judging.judgements):
        fact, why = judged_words(column)
        mine = [j for j in judging.judgements if j.column == column.column]
        parts = [f"{short_name(column.column)} against the {BASE}, judged by {judging.judge}.", why]
        parts.append(agreement_words(*agreement(mine, votes)))
        if judging.left_out:
            parts.append(f"{judging.left_out:,} pairs are longer than the judge reads.")
        if not judging.done:
            done = f"{len(judging.judgements):,} of {judging.pairs:,}"
            parts.append(f"{done} pairs are judged; let it judge again to go on.")
        tone = "warning" if column.unusable else "plain"
        if not column.unusable and not math.isnan(column.rate):
            tone = TONES[is_better(column)]
        made.append(Note(f"{fact}.", " ".join(part for part in parts if part), tone=tone))
    return made

"""What came of an evaluation: the verdict in words, the scores, the confusion, row by row."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.core.evaluation import BASE, ColumnResult, Gain, Results
from studio.core.units import device_words
from studio.core.verdict import BETTER, WORSE, chance_words, lost_of, verdict_of, verdict_words
from studio.data.evaluations import EvaluationSummary, JudgedRow
from studio.ui.evaluate.benchmarkcard import BenchmarkCard
from studio.ui.evaluate.confusionview import ConfusionView
from studio.ui.evaluate.judgecard import JudgeCard
from studio.ui.evaluate.labeltable import LabelTable
from studio.ui.evaluate.names import short_name
from studio.ui.evaluate.rowcompare import RowCompare
from studio.ui.evaluate.scoretable import ScoreTable
from studio.ui.look.tokens import GAP_CARD, PADDING
from studio.ui.reportdesk import ABOUT
from studio.ui.widgets.card import Card
from studio.ui.widgets.note import Note
from studio.ui.widgets.parts import Button, ChoiceField, fill, scroller

TONES = {BETTER: "good", WORSE: "warning"}
MOST_WARNINGS = 4
MOST_CUT = 0.5
"""Share of answers that ended by themselves, in any column, below which it is said."""
BASE_WORDS = "the base"
_ELSEWHERE = ", on questions that have nothing to do with the rows"


class ResultsView(QWidget):
    """Scrolls up and down; owned by the pane.

    Args:
        judge: the card of the judge model.
        benchmarks: the card of standard benchmarks.

    Signals:
        row_requested(int): the Data page should show a row of the dataset.
        report_requested(): the report of the run that was evaluated should be written.
    """

    row_requested = Signal(int)
    report_requested = Signal()

    def __init__(self, judge: JudgeCard, benchmarks: BenchmarkCard) -> None:
        super().__init__()
        self.judge, self.benchmarks = judge, benchmarks
        self._results: Results | None = None
        self.verdicts = QVBoxLayout()
        fill(self.verdicts, gap=8)
        self.scores = ScoreTable()
        self.report_button = Button("Write report…", "export", compact=True)
        self.report_button.setToolTip(ABOUT)
        self.report_button.clicked.connect(self.report_requested)
        self.score_card = Card("Scores", " ", self.report_button)
        self.score_card.body.addWidget(self.scores)
        self.confusion, self.whose = ConfusionView(), ChoiceField()
        self.whose.setMinimumWidth(160)
        self.whose.setAccessibleName("Column of the confusion matrix")
        self.whose.activated.connect(self._show_confusion)
        self.confusion_card = Card("Confusion", "written down, answered across", self.whose)
        edge = (PADDING, 10, PADDING, 14)
        self.confusion_card.body.addLayout(fill(QVBoxLayout(), self.confusion, edge=edge))
        self.labels = LabelTable()
        self.confusion_card.body.addWidget(self.labels)
        self.rows = RowCompare()
        self.rows.row_requested.connect(self.row_requested)
        body = QWidget()
        cards = (self.score_card, self.confusion_card, self.rows, self.judge, self.benchmarks)
        fill(QVBoxLayout(body), self.verdicts, *cards, None, gap=GAP_CARD)
        self.area = scroller(body, wraps=True)
        self._shown = 0
        fill(QVBoxLayout(self), self.area)

    def show_results(
        self, summary: EvaluationSummary, results: Results, rows: Sequence[JudgedRow]
    ) -> None:
        """Show what came of an evaluation, another one from its top."""
        self._results = results
        if summary.id != self._shown:
            self._shown = summary.id
            self.area.verticalScrollBar().setValue(0)
        self._show_verdicts(results)
        self._show_cut(results, summary.setup.max_new_tokens)
        columns = f"{results.rows:,} {summary.setup.split} rows · 95 % intervals"
        numbers = f"{results.quantization}, {results.precision}, {device_words(results.device)}"
        self.score_card.remark.setText(f"{columns} · {numbers}")
        self.scores.show_results(results)
        self.confusion_card.setVisible(bool(results.labels))
        self.whose.clear()
        self.whose.addItems([short_name(column.name) for column in results.columns])
        self.whose.setCurrentIndex(min(1, len(results.columns) - 1))
        self._show_confusion()
        self.rows.show_rows(results, rows)
        self.judge.show_evaluation(summary.id, results)
        self.benchmarks.show_evaluation(summary.id)

    def _show_verdicts(self, results: Results) -> None:
        while self.verdicts.count():
            item = self.verdicts.takeAt(0)
            if item is not None and (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for warning in results.warnings[:MOST_WARNINGS]:
            self.verdicts.addWidget(Note(warning, ""))
        for column in results.columns:
            if column.name != BASE and results.main in column.gains:
                self.verdicts.addWidget(_verdict(column, results.main, column.gains, BASE_WORDS))
                if lost := lost_of(column.gains):
                    note = _verdict(column, lost, column.gains, BASE_WORDS, _ELSEWHERE)
                    self.verdicts.addWidget(note)
                if results.main in column.over_examples:
                    against = "the base that is shown examples"
                    note = _verdict(column, results.main, column.over_examples, against)
                    self.verdicts.addWidget(note)

    def _show_cut(self, results: Results, longest: int) -> None:
        """Say it where most answers of a column ended at the limit."""
        columns = [c for c in results.columns if "ended" in c.metrics]
        cut = [short_name(c.name) for c in columns if c.metrics["ended"].value < MOST_CUT]
        if cut:
            whose = "" if len(cut) == len(columns) else f" of {', '.join(cut)}"
            words = "They are scored as far as they go; ask for longer answers."
            note = Note(f"Most answers{whose} were cut at {longest:,} tokens.", words)
            self.verdicts.addWidget(note)

    def _show_confusion(self) -> None:
        at = self.whose.currentIndex()
        if self._results is not None and self._results.labels and at >= 0:
            column = self._results.columns[at]
            self.confusion.show_matrix(self._results.labels, column.matrix)
            self.labels.show_column(self._results.labels, column)


def _verdict(
    column: ColumnResult, main: str, gains: dict[str, Gain], against: str, where: str = ""
) -> Note:
    tone = TONES.get(verdict_of(main, gains[main]), "plain")
    words = f"{short_name(column.name)} against {against}{where}. {chance_words(main, gains[main])}".strip()
    return Note(f"{verdict_words(main, gains[main])}.", words, tone=tone)

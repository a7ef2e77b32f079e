"""The scores: metrics down, columns to the right, each with its interval and its verdict."""

from __future__ import annotations

from PySide6.QtCore import Qt

from studio.core.evaluation import ColumnResult, Results
from studio.core.metrics.catalogue import BY_NAME, METRICS
from studio.core.verdict import BETTER, WORSE, chance_words, score_words, verdict_of, verdict_words
from studio.ui.evaluate.names import short_name
from studio.ui.look.tokens import HEIGHT_ROW
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable

TONES = {BETTER: ("accent", " better"), WORSE: ("warning", " worse")}
WIDTH_NAME = 150


class ScoreTable(RowTable):
    """As high as its rows; owned by the results."""

    def __init__(self) -> None:
        self._rows = Rows(("Metric",))
        super().__init__("Scores", self._rows)
        self._rows.setParent(self)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_results(self, results: Results) -> None:
        """Show the scores of all columns."""
        old = self._rows
        heads = ("Metric", *(short_name(column.name) for column in results.columns))
        self._rows = Rows(heads)
        self._rows.setParent(self)
        names = [m.name for m in METRICS if m.name in results.columns[0].metrics]
        self._rows.set_rows([_row(name, results) for name in names])
        self.setModel(self._rows)
        old.deleteLater()
        self.set_widths({0: WIDTH_NAME})
        self.setFixedHeight(HEIGHT_ROW * (len(names) + 1) + 4)


def _row(name: str, results: Results) -> tuple[Cell, ...]:
    metric = BY_NAME[name]
    bold = name == results.main
    first = Cell(metric.title, bold=bold, tip=f"{metric.title}\n{metric.sentence}")
    return (first, *(_cell(name, column, bold) for column in results.columns))


def _cell(name: str, column: ColumnResult, bold: bool) -> Cell:
    score = column.metrics.get(name)
    if score is None:
        return Cell("–", tone="muted")
    value, interval = score_words(name, score)
    gain = column.gains.get(name)
    tone, word = TONES.get(verdict_of(name, gain), ("text", "")) if gain else ("text", "")
    tip = f"{column.name}\n{value}, 95 % interval {interval}"
    if gain is not None:
        chance = f"{chance_words(name, gain)} p = {gain.p:.3f}".strip()
        tip += f"\n{verdict_words(name, gain)}\n{chance}"
    return Cell(f"{value}   {interval}{' ·' if word else ''}{word}", tone=tone, bold=bold, tip=tip)

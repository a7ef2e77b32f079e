"""How well each label was found: precision, recall and F1, label by label."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt

from studio.core.evaluation import ColumnResult
from studio.core.units import NO_VALUE
from studio.ui.look.tokens import HEIGHT_ROW
from studio.ui.widgets.cells import Cell
from studio.ui.widgets.lists import Rows, RowTable

HEADS = ("Label", "Precision", "Recall", "F1", "Rows")
TIPS = (
    "",
    "Of the rows answered with it, the share that have it",
    "Of the rows that have it, the share answered with it",
    "Precision and recall in one number",
    "Rows that have it",
)


class LabelTable(RowTable):
    """As high as its rows; owned by the results."""

    def __init__(self) -> None:
        self._rows = Rows(HEADS, frozenset(range(1, len(HEADS))))
        super().__init__("Labels", self._rows)
        self._rows.setParent(self)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_column(self, labels: Sequence[str], column: ColumnResult) -> None:
        """Show how well a column found each label."""
        self._rows.set_rows([_row(label, column.label_scores.get(label, [])) for label in labels])
        self.setFixedHeight(HEIGHT_ROW * (len(labels) + 1) + 4)


def _row(label: str, scores: Sequence[float]) -> tuple[Cell, ...]:
    texts = [NO_VALUE] * 4
    if len(scores) == 4:
        texts = [*(f"{score:.2f}" for score in scores[:3]), f"{scores[3]:,.0f}"]
    cells = zip(texts, TIPS[1:], strict=True)
    return (Cell(label, tip=label), *(Cell(text, right=True, tip=tip) for text, tip in cells))

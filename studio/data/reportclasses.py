"""The part of a report that says which labels are taken for which."""

from __future__ import annotations

from studio.core.evaluation import ColumnResult, Results
from studio.core.metrics.classes import OTHER
from studio.core.reportblocks import Block, Picture, Table
from studio.core.reportmatrix import matrix_svg, matrix_words
from studio.core.units import NO_VALUE
from studio.data.reportfacts import finite


def matrix_blocks(results: Results) -> list[Block]:
    """Return a matrix and the scores of each label for every column; none where answers are texts."""
    blocks: list[Block] = []
    for column in results.columns:
        if results.labels and len(column.matrix) == len(results.labels):
            blocks += _of(column, results.labels)
    return blocks


def _of(column: ColumnResult, labels: tuple[str, ...]) -> list[Block]:
    told = (
        f"{column.name}: {matrix_words(labels, column.matrix)} Written labels downwards, answered "
        "ones to the right; a cell is darker the larger its share of the row."
    )
    counts = tuple(
        (label, *(f"{n:,}" for n in row)) for label, row in zip(labels, column.matrix, strict=True)
    )
    numbers = frozenset(range(1, len(labels) + 2))
    table = Table(("Written", *labels, OTHER), counts, numbers)
    drawn = Picture(matrix_svg(labels, column.matrix, told), told, table)
    rows = tuple(_row(label, column.label_scores.get(label, [])) for label in labels)
    heads = ("Label", "Precision", "Recall", "F1", "Rows")
    return [drawn, Table(heads, rows, frozenset(range(1, 5)), f"{column.name}, label by label")]


def _row(label: str, scores: list[float]) -> tuple[str, ...]:
    if len(scores) < 4:
        return (label, *[NO_VALUE] * 4)
    shares = (NO_VALUE if finite(score) is None else f"{score:.2f}" for score in scores[:3])
    return (label, *shares, f"{scores[3]:,.0f}")

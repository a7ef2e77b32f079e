"""Draws a confusion matrix for a report as SVG that takes its colours from the page."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.metrics.classes import OTHER
from studio.core.reportpictures import WIDTH, svg, text_at
from studio.core.units import percent

_NAMES, _HEAD = 176, 44
_LARGEST, _SMALLEST = 110, 24
_HIGH = 34
_LETTER = 8.4
"""Px of a bold letter in the widest of the page's fonts."""
_LONGEST = 19


def matrix_svg(labels: Sequence[str], matrix: Sequence[Sequence[int]], told: str) -> str:
    """Return how often each written label was answered as each label, and as none of them.

    A cell's tint is its share of its row; the diagonal is right, all else is a mistake.

    Args:
        labels: in the order of the rows and of all columns but the last.
        matrix: counts, (labels, labels + 1).
        told: what the picture shows.
    """
    heads = [*labels, OTHER]
    wide = min(max((WIDTH - _NAMES) / len(heads), _SMALLEST), _LARGEST)
    parts = [text_at(_NAMES - 12, 14, "written ↓  answered →", "", "end")]
    room = max(int(wide / _LETTER), 2)
    parts += [
        text_at(_NAMES + (at + 0.5) * wide, _HEAD - 10, _short(name, room), "name", "middle")
        for at, name in enumerate(heads)
    ]
    for row, counts in enumerate(matrix):
        y = _HEAD + row * _HIGH
        name = _short(labels[row], _LONGEST)
        parts.append(text_at(_NAMES - 12, y + _HIGH / 2 + 4, name, "name", "end"))
        total = sum(counts) or 1
        for at, n in enumerate(counts):
            colour = "leaf" if at == row else "clay"
            parts += _cell(_NAMES + at * wide, y, wide, n, n / total, colour)
    return svg(WIDTH, _HEAD + _HIGH * len(matrix) + 6, told, parts)


def matrix_words(labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> str:
    """Return what a matrix comes to: how many were right, and the commonest mistake."""
    total = sum(map(sum, matrix))
    right = sum(counts[at] for at, counts in enumerate(matrix))
    said = f"{right:,} of {total:,} answers have the written label"
    said += f", {percent(right / total)}." if total else "."
    mistakes = [
        (n, row, at)
        for row, counts in enumerate(matrix)
        for at, n in enumerate(counts)
        if at != row and n
    ]
    if mistakes:
        n, row, at = max(mistakes, key=lambda found: found[0])
        answered = labels[at] if at < len(labels) else "none of the labels"
        said += f" The commonest mistake: {_short(labels[row], 40)} answered as "
        said += (
            f"{_short(answered, 40)}, {n:,} times." if n > 1 else f"{_short(answered, 40)}, once."
        )
    return said


def _cell(x: float, y: float, wide: float, n: int, share: float, colour: str) -> list[str]:
    box = f'x="{x + 1:.1f}" y="{y + 1}" width="{wide - 2:.1f}" height="{_HIGH - 2}" rx="3"'
    parts = [f'<rect class="trough" {box}/>']
    if n:
        tint = 0.12 + 0.38 * share
        parts.append(f'<rect class="fill-{colour}" {box} opacity="{tint:.2f}"/>')
        words = f"{n:,}"
        parts.append(text_at(x + wide / 2, y + _HIGH / 2 + 4, words, "value", "middle"))
    return parts


def _short(name: str, most: int) -> str:
    return name if len(name) <= most else f"{name[: most - 1]}…"

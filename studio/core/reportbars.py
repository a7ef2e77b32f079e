"""Draws intervals and memory for a report as SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.reportpictures import WIDTH, svg, text_at, ticks
from studio.core.units import GIB

_NAMES, _VALUES = 232, 128
_ROW = 34
_UNIT = 44
"""Px at the end of an axis that its unit takes."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its interval, beside others of its kind.

    Attributes:
        words: the number as it is written at the right.
        colour: slate for the base, leaf for what was trained.
    """

    name: str
    value: float
    low: float
    high: float
    words: str
    colour: str = "leaf"


def intervals_svg(
    rows: Sequence[Interval],
    told: str,
    level: float | None = None,
    ends: tuple[float, float] | None = None,
) -> str:
    """Return numbers with their intervals as dots and lines.

    Args:
        rows: from the top.
        told: what the picture shows.
        level: where a dashed line stands.
        ends: of the axis; from the numbers if there are none.
    """
    low, high = ends or _ends(rows, level)
    left, right = _NAMES, WIDTH - _VALUES
    height = _ROW * len(rows) + 30

    def x(value: float) -> float:
        return left + (min(max(value, low), high) - low) / (high - low or 1.0) * (right - left)

    bottom = _ROW * len(rows) + 6
    parts = []
    for at in ticks(low, high):
        parts.append(f'<path class="grid" d="M{x(at):.1f} 0V{bottom}"/>')
        parts.append(text_at(x(at), bottom + 17, f"{at:g}".replace("-", "−"), anchor="middle"))
    if level is not None:
        parts.append(f'<path class="level" d="M{x(level):.1f} 0V{bottom}"/>')
    for place, row in enumerate(rows):
        y = _ROW * place + _ROW / 2 + 3
        parts.append(text_at(0, y + 4, _short(row.name), f"name fill-{row.colour}"))
        if math.isfinite(row.value):
            line = f"M{x(row.low):.1f} {y}H{x(row.high):.1f}"
            parts.append(f'<path class="line {row.colour}" d="{line}"/>')
            parts.append(
                f'<circle class="fill-{row.colour}" cx="{x(row.value):.1f}" cy="{y}" r="5"/>'
            )
        parts.append(text_at(right + 16, y + 4, row.words, "value"))
    return svg(WIDTH, height, told, parts)


def memory_svg(predicted: tuple[int, int, int], measured: int, told: str) -> str:
    """Return predicted memory as an open bracket over measured memory as a bar.

    Args:
        predicted: low end, middle and high end in bytes; zeros where nobody predicted.
        measured: peak in bytes; 0 where nobody measured.
        told: what the picture shows.
    """
    low, middle, high = predicted
    most = max(high, middle, measured, 1) * 1.08
    right = WIDTH - 20

    def x(n_bytes: float) -> float:
        return n_bytes / most * right

    parts = [f'<rect class="trough" x="0" y="34" width="{right}" height="26" rx="3"/>']
    if measured:
        width = x(measured)
        parts.append(
            f'<rect class="fill-leaf" x="0" y="34" width="{width:.1f}" height="26" rx="3"/>'
        )
    if middle:
        first, last = x(low or middle), x(high or middle)
        parts.append(f'<path class="bracket" d="M{first:.1f} 28V20H{last:.1f}V28"/>')
        parts.append(f'<path class="bracket" d="M{x(middle):.1f} 14V28"/>')
        parts.append(
            text_at((first + last) / 2, 10, f"predicted {middle / GIB:.2f}", anchor="middle")
        )
    for at in (tick for tick in ticks(0, most / GIB) if x(tick * GIB) < right - _UNIT):
        parts.append(text_at(x(at * GIB), 78, f"{at:g}", anchor="start" if not at else "middle"))
    parts.append(text_at(right, 78, "GiB", anchor="end"))
    return svg(WIDTH, 84, told, parts)


def _ends(rows: Sequence[Interval], level: float | None) -> tuple[float, float]:
    values = [v for row in rows for v in (row.low, row.value, row.high) if math.isfinite(v)]
    values += [level] if level is not None else []
    low, high = min(values, default=0.0), max(values, default=1.0)
    room = (high - low) * 0.08 or 0.5
    return (0.0 if 0 <= low < (high - low) * 2 else low - room), high + room


def _short(name: str) -> str:
    return name if len(name) <= 32 else f"{name[:15]}…{name[-15:]}"

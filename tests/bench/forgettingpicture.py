"""Draws what was learnt and what was forgotten: a row for each remedy, a mark for each run, as SVG.

Paper, ink and colours are given, so that it looks the same on a light and on a dark page.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, EDGE = 920, 28
LEARNT, FORGOT = (196, 484), (560, WIDTH - EDGE - 60)
"""Px from the left at which the two panels begin and end; the names stand before the first."""
TOP, ROW, GROUP, FOOT = 126, 30, 40, 104
PAPER, LINE, INK, MUTED = "#FFFFFF", "#D5DAD5", "#1A2220", "#55605B"
LEAF, CLAY, SLATE, GRID = "#0B7A57", "#BD5214", "#647789", "#E6EAE6"
RATES = {"mild": "Mild rate, 2e-4", "harsh": "Harsh rate, 3e-3"}
TITLE = "What 60 steps on one narrow task taught, and what they cost"
CAPTION = (
    "Each mark is one run, the thin line its 95 % interval, the upright stroke the mean of the runs. Left: how much "
    "surer the model",
    "became of the task’s answers that it had never seen. Right: the same of 224 general questions; left of the "
    "dashed line it is",
    "less sure of them than the base was, which is what it forgot. A change of 0.7 nats doubles or halves how sure "
    "it is of a word.",
)
Scale = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Run:
    """One run: nats a token that it learnt, and that general answers changed by (less is worse)."""

    learnt: float
    learnt_range: tuple[float, float] | None
    kept: float
    kept_range: tuple[float, float]


def picture(results: list[dict[str, Any]], remedies: Sequence[str] = ()) -> str:
    """Return the picture of runs as :mod:`tests.bench.forgetting` keeps them.

    Args:
        results: of the runs.
        remedies: their names, in the order of the rows; others come after.
    """
    groups = _groups(results, list(remedies))
    runs = [run for rows in groups.values() for row in rows.values() for run in row]
    height = TOP + FOOT + sum(GROUP + ROW * len(rows) for rows in groups.values())
    parts = [_text(EDGE, 40, TITLE, size=17, weight=600)]
    if runs:
        bottom = height - FOOT + 6
        learnt = _axis(LEARNT, [0.0, *_reach(runs)], bottom, sign=False)
        kept = _axis(
            FORGOT, [0.0, *(end for run in runs for end in run.kept_range)], bottom, sign=True
        )
        parts += [*learnt[1], *kept[1], *_heads(kept[0], bottom)]
        y = float(TOP)
        for rate, rows in groups.items():
            parts.append(
                _text(EDGE, y + 22, RATES.get(rate, rate), size=12, fill=MUTED, weight=600)
            )
            y += GROUP
            for name, row in rows.items():
                parts += _row(name, row, y, learnt[0], kept[0])
                y += ROW
    for number, words in enumerate(CAPTION):
        parts.append(_text(EDGE, height - 54 + 17 * number, words, size=12, fill=MUTED))
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="Inter, Segoe UI, Helvetica Neue, Arial, sans-serif">\n'
        f"<title>{TITLE}</title>\n"
        f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8" fill="{PAPER}" '
        f'stroke="{LINE}"/>\n{body}\n</svg>\n'
    )


def _groups(results: list[dict[str, Any]], remedies: list[str]) -> dict[str, dict[str, list[Run]]]:
    """Return the runs by rate and remedy, by seed."""
    rates = list(RATES)

    def place(result: dict[str, Any]) -> tuple[int, int, int]:
        rate, remedy = result["rate"], result["remedy"]
        return (
            rates.index(rate) if rate in rates else len(rates),
            remedies.index(remedy) if remedy in remedies else len(remedies),
            result["seed"],
        )

    found: dict[str, dict[str, list[Run]]] = {}
    for result in sorted(results, key=place):
        found.setdefault(result["rate"], {}).setdefault(result["remedy"], []).append(_run(result))
    return found


def _run(result: dict[str, Any]) -> Run:
    before, after = result["before"], result["after"]
    low, high = after["ranges"]["general_loss_change"]
    held = after["ranges"].get("target_loss")
    return Run(
        before["target"] - after["target"],
        (before["target"] - held[1], before["target"] - held[0]) if held else None,
        before["general"] - after["general"],
        (-high, -low),
    )


def _reach(runs: list[Run]) -> list[float]:
    """Return everything of what was learnt that is drawn; less than nothing is cut off."""
    ends = (run.learnt_range or (run.learnt, run.learnt) for run in runs)
    return [max(end, 0.0) for pair in ends for end in pair]


def _axis(
    panel: tuple[int, int], values: Sequence[float], bottom: float, *, sign: bool
) -> tuple[Scale, list[str]]:
    """Return where values lie across a panel, and its lines and numbers."""
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    low, high = low - 0.04 * span * sign, high + 0.02 * span
    step = _step((high - low) / 5)
    start, stop = panel

    def scale(value: float) -> float:
        return start + (value - low) / (high - low) * (stop - start)

    parts = []
    for number in range(math.ceil(low / step), math.floor(high / step) + 1):
        value = number * step
        x = scale(value)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom:.1f}" stroke="{GRID}"/>'
        )
        parts.append(
            _text(x, bottom + 18, _number(value, sign), size=12, fill=MUTED, anchor="middle")
        )
    return scale, parts


def _step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * times for times in (1, 2, 2.5, 5, 10) if power * times >= least)


def _heads(kept: Scale, bottom: float) -> list[str]:
    zero = kept(0.0)
    return [
        _text(LEARNT[0], 72, "Learnt of the task", size=13, fill=LEAF, weight=600),
        _text(LEARNT[0], 90, "nats a token, more is better", size=12, fill=MUTED),
        _text(FORGOT[0], 72, "Everything else", size=13, fill=CLAY, weight=600),
        _text(FORGOT[0], 90, "nats a token: ← forgot, improved →", size=12, fill=MUTED),
        f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{TOP - 8}" y2="{bottom:.1f}" '
        f'stroke="{SLATE}" stroke-width="2" stroke-dasharray="7 4"/>',
        _text(zero, TOP - 14, "base", size=12, fill=SLATE, weight=600, anchor="middle"),
    ]


def _row(name: str, runs: list[Run], y: float, learnt: Scale, kept: Scale) -> list[str]:
    """Return one remedy: its name, its runs in both panels, and the mean as a number."""
    middle = y + ROW / 2
    parts = [_text(EDGE + 12, middle + 4, name[:1].upper() + name[1:], size=13)]
    gained = statistics.fmean(run.learnt for run in runs)
    lost = statistics.fmean(run.kept for run in runs)
    for number, run in enumerate(runs):
        at = middle + (number - (len(runs) - 1) / 2) * 6.5
        ranges = (run.learnt_range, run.kept_range)
        for scale, ends, colour in zip((learnt, kept), ranges, (LEAF, CLAY), strict=True):
            if ends is not None:
                start = max(scale(ends[0]), LEARNT[0])
                parts.append(_span(start, scale(ends[1]), at, colour))
        parts.append(f'<circle cx="{learnt(run.learnt):.1f}" cy="{at:.1f}" r="3.6" fill="{LEAF}"/>')
        x = kept(run.kept)
        parts.append(
            f'<rect x="{x - 3.3:.1f}" y="{at - 3.3:.1f}" width="6.6" height="6.6" fill="{CLAY}"/>'
        )
    for scale, mean in ((learnt, gained), (kept, lost)):
        x = scale(mean)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{middle - 11:.1f}" y2="{middle + 11:.1f}" '
            f'stroke="{INK}" stroke-width="1.6"/>'
        )
    parts.append(_text(LEARNT[1] + 8, middle + 4, f"{gained:.2f}", size=12, weight=600))
    parts.append(_text(FORGOT[1] + 12, middle + 4, _number(lost, True, 2), size=12, weight=600))
    return parts


def _span(start: float, stop: float, y: float, colour: str) -> str:
    return (
        f'<line x1="{start:.1f}" x2="{stop:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" '
        'stroke-width="1.4" stroke-opacity="0.55"/>'
    )


def _number(value: float, sign: bool, places: int | None = None) -> str:
    if abs(value) < 1e-9:
        return "0"
    words = f"{abs(value):g}" if places is None else f"{abs(value):.{places}f}"
    return f"{'−' if value < 0 else '+' if sign else ''}{words}"


def _text(
    x: float,
    y: float,
    words: str,
    *,
    size: int,
    fill: str = INK,
    weight: int = 400,
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{fill}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )

"""Draws what was gained against what was lost: one mark for each remedy and rate, as SVG."""

from __future__ import annotations

import statistics
from typing import Any

WIDTH, HEIGHT, EDGE = 760, 460, 70
COLOURS = ("#5b6b62", "#8fb573", "#4d8f4a", "#2f6f73", "#b58a3c", "#a8553d", "#6a4fa3")


def picture(results: list[dict[str, Any]]) -> str:
    """Return the picture; held-out loss goes to the right, general loss over the base upwards."""
    marks = _marks(results)
    if not marks:
        return '<svg xmlns="http://www.w3.org/2000/svg"/>'
    across = _scale([m["target"] for m in marks], EDGE, WIDTH - EDGE)
    upward = _scale([0.0, *(v for m in marks for v in m["range"])], HEIGHT - EDGE, EDGE / 2)
    names = list(dict.fromkeys(m["remedy"] for m in marks))
    parts = [_frame(upward)]
    for mark in marks:
        colour = COLOURS[names.index(mark["remedy"]) % len(COLOURS)]
        parts.append(_mark(mark, colour, across, upward))
    for at, name in enumerate(names):
        y = EDGE / 2 + 18 * at
        parts.append(f'<circle cx="{WIDTH - 190}" cy="{y}" r="5" fill="{COLOURS[at % 7]}"/>')
        parts.append(f'<text x="{WIDTH - 178}" y="{y + 4}">{name}</text>')
    parts.append(
        f'<text x="{WIDTH - 190}" y="{EDGE / 2 + 18 * len(names) + 4}">○ mild   ● harsh</text>'
    )
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="sans-serif" font-size="13" fill="#2a332e">\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fbfaf6"/>\n{body}\n</svg>\n'
    )


def _marks(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for result in results:
        found.setdefault((result["remedy"], result["rate"]), []).append(result)
    marks = []
    for (remedy, rate), mine in found.items():
        ranges = [r["after"]["ranges"]["general_loss_change"] for r in mine]
        marks.append(
            {
                "remedy": remedy,
                "rate": rate,
                "target": statistics.fmean(r["after"]["target"] for r in mine),
                "lost": statistics.fmean(
                    r["after"]["general"] - r["before"]["general"] for r in mine
                ),
                "range": (min(a for a, _ in ranges), max(b for _, b in ranges)),
            }
        )
    return marks


def _scale(values: list[float], start: float, stop: float) -> Any:
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    low, high = low - 0.08 * span, high + 0.08 * span
    return lambda value: start + (value - low) / (high - low) * (stop - start)


def _frame(upward: Any) -> str:
    zero = upward(0.0)
    return (
        f'<line x1="{EDGE}" x2="{WIDTH - EDGE}" y1="{zero:.1f}" y2="{zero:.1f}" stroke="#9aa39d"/>\n'
        f'<text x="{EDGE}" y="{zero - 6:.1f}">the base</text>\n'
        f'<text x="{WIDTH / 2:.0f}" y="{HEIGHT - 22}" text-anchor="middle">'
        "held-out loss of the task, nats a token (less is better)</text>\n"
        f'<text transform="translate(24 {HEIGHT / 2:.0f}) rotate(-90)" text-anchor="middle">'
        "general loss over the base, nats a token</text>"
    )


def _mark(mark: dict[str, Any], colour: str, across: Any, upward: Any) -> str:
    x, y = across(mark["target"]), upward(mark["lost"])
    low, high = (upward(end) for end in mark["range"])
    fill = colour if mark["rate"] == "harsh" else "#fbfaf6"
    return (
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{low:.1f}" y2="{high:.1f}" stroke="{colour}"/>\n'
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="{fill}" stroke="{colour}" '
        f'stroke-width="2"/>\n<text x="{x + 9:.1f}" y="{y - 7:.1f}" font-size="11">'
        f"{mark['target']:.2f}, {mark['lost']:+.2f}</text>"
    )

"""What a difference between two columns says, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from studio.core.evaluation import Gain, Score
from studio.core.metrics.catalogue import BY_NAME, GENERAL, NEITHER
from studio.core.units import MINUS, NO_VALUE, percent

_RAREST = 0.001
"""The least p that the draws of the test can show."""
_SURE = 0.05
"""The p of the paired test up to which a difference is called one."""
_LARGE = 1_000
"""From where on digits behind the point tell nothing."""
BETTER, WORSE, UNCLEAR, OTHER = "better", "worse", "unclear", "other"


def verdict_of(name: str, gain: Gain) -> str:
    """Return BETTER or WORSE, OTHER if there is no better; UNCLEAR if it may be chance.

    It may be where the interval holds zero or the paired test finds it too often: with few rows
    one of them is sometimes bolder than the other.
    """
    if not math.isfinite(gain.value) or gain.low <= 0 <= gain.high or gain.p > _SURE:
        return UNCLEAR
    metric = BY_NAME[name]
    if metric.better == NEITHER:
        return OTHER
    return BETTER if (gain.value > 0) == (metric.better > 0) else WORSE


def verdict_words(name: str, gain: Gain) -> str:
    """Return a difference as words: "Better: +0.31 word F1 (0.22 to 0.41)"."""
    if not math.isfinite(gain.value):
        return "Cannot be told from these rows"
    metric = BY_NAME[name]
    title = (
        metric.title
        if metric.title[:2].isupper() or not metric.title[:1].isupper()
        else (metric.title[:1].lower() + metric.title[1:])
    )
    number = signed_number(gain.value, metric.decimals)
    ends = (
        f"({plain_number(gain.low, metric.decimals)} to {plain_number(gain.high, metric.decimals)})"
    )
    match verdict_of(name, gain):
        case "better":
            return f"Better: {number} {title} {ends}"
        case "worse":
            return f"Worse: {number} {title} {ends}"
        case "other":
            return f"Different: {number} {title} {ends}"
    why = "the interval holds zero, so this may be chance"
    if not gain.low <= 0 <= gain.high:
        why = f"this may be chance, which gives as much in {percent(gain.p)} of all cases"
    return f"No clear difference: {number} {title} {ends}; {why}"


def lost_of(gains: Mapping[str, Gain]) -> str:
    """Return which number of the general questions got worse, the plainer one; empty if none."""
    found = (n for n in GENERAL if n in gains and verdict_of(n, gains[n]) == WORSE)
    return next(found, "")


def chance_words(name: str, gain: Gain) -> str:
    """Return what the paired test says of a clear difference, for people who know no p.

    Empty where there is none: then the verdict's own words say that it may be chance.
    """
    if verdict_of(name, gain) == UNCLEAR or not math.isfinite(gain.p):
        return ""
    times = "at most once in 1,000 times"
    if gain.p > _RAREST:
        times = f"about once in {round(1 / gain.p):,} times"
    return f"If both were equally good, chance would give as large a difference {times}."


def signed_number(value: float, decimals: int) -> str:
    """Return a difference with its sign; "–" if there is none."""
    text = plain_number(abs(value), decimals)
    return text if text == NO_VALUE else f"{MINUS if value < 0 else '+'}{text}"


def plain_number(value: float, decimals: int) -> str:
    """Return a number with the minus of sentences; "–" if there is none."""
    if not math.isfinite(value):
        return NO_VALUE
    text = f"{abs(value):,.{_decimals(value, decimals)}f}"
    return MINUS + text if value < 0 and float(text.replace(",", "")) else text


def score_words(name: str, score: Score) -> tuple[str, str]:
    """Return a score and its interval: ("0.62", "0.55 to 0.69")."""
    decimals = BY_NAME[name].decimals
    low, high = (plain_number(value, decimals) for value in (score.low, score.high))
    return plain_number(score.value, decimals), f"{low} to {high}"


def _decimals(value: float, decimals: int) -> int:
    return 0 if abs(value) >= _LARGE else decimals

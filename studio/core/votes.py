"""Blind votes between two columns as values: who wins how often, how sure, by tag."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from studio.core.units import percent

Z95 = 1.959963984540054
LEAST_DECIDED = 10
"""Decided votes below which nothing is called told."""


class Choice(StrEnum):
    """What was said of two answers; of the columns, never of the sides they stood on."""

    FIRST = "first"
    SECOND = "second"
    TIE = "tie"
    BAD = "both_bad"


@dataclass(frozen=True, slots=True)
class Vote:
    """One verdict on one question.

    Attributes:
        place: of the question in its list, from 0.
        rating: of the answer that was preferred, 1 to 5; 0 for none given.
        tags: the voter's words for the kind of question.
    """

    place: int
    choice: Choice
    rating: int = 0
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval, 0 to 1."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes counted; first and second are columns.

    Attributes:
        win: share of the decided votes that the second column won; None without one.
        ratings: mean rating where each column was preferred; None without one.
    """

    first: int = 0
    second: int = 0
    ties: int = 0
    bad: int = 0
    win: Share | None = None
    ratings: tuple[float | None, float | None] = (None, None)

    @property
    def votes(self) -> int:
        """All of them."""
        return self.decided + self.ties + self.bad

    @property
    def decided(self) -> int:
        """Those that preferred one."""
        return self.first + self.second


def wilson(wins: int, of: int) -> Share:
    """Return a share with its interval, which holds at the ends and with few votes.

    Source: Wilson 1927, Probable inference, the law of succession, and statistical inference.
    """
    if of <= 0:
        return Share(math.nan, 0.0, 1.0)
    share, square = wins / of, Z95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of * of))
    return Share(share, max(0.0, middle - half), min(1.0, middle + half))


def tally(votes: Iterable[Vote]) -> Tally:
    """Return votes counted."""
    found = list(votes)
    counts = {choice: sum(vote.choice is choice for vote in found) for choice in Choice}
    first, second = counts[Choice.FIRST], counts[Choice.SECOND]
    return Tally(
        first,
        second,
        counts[Choice.TIE],
        counts[Choice.BAD],
        wilson(second, first + second) if first + second else None,
        (_rating(found, Choice.FIRST), _rating(found, Choice.SECOND)),
    )


def by_tag(votes: Iterable[Vote]) -> list[tuple[str, Tally]]:
    """Return the votes of each tag counted, the tag with most votes first."""
    sorted_out: dict[str, list[Vote]] = {}
    for vote in votes:
        for tag in vote.tags:
            sorted_out.setdefault(tag, []).append(vote)
    made = [(tag, tally(found)) for tag, found in sorted_out.items()]
    return sorted(made, key=lambda pair: (-pair[1].votes, pair[0]))


def is_told(counted: Tally) -> bool:
    """Return whether the votes tell one column from the other: the interval leaves out one half."""
    if counted.win is None or counted.decided < LEAST_DECIDED:
        return False
    return not counted.win.low <= 0.5 <= counted.win.high


def win_words(counted: Tally, first: str, second: str) -> str:
    """Return what the votes say, in a sentence with its interval."""
    if counted.win is None:
        return "No vote preferred one of them."
    if counted.first == counted.second:
        low, high = percent(counted.win.low), percent(counted.win.high)
        return f"Each won {counted.first:,} of {counted.decided:,} decided votes (95 %: {low} to {high})."
    ahead = counted.second > counted.first
    share = counted.win if ahead else _turned(counted.win)
    name, other = (second, first) if ahead else (first, second)
    wins = counted.second if ahead else counted.first
    said = (
        f"{name} won {wins:,} of {counted.decided:,} decided votes, {percent(share.value)} "
        f"(95 %: {percent(share.low)} to {percent(share.high)})"
    )
    if is_told(counted):
        return f"{said}: it is preferred to {other}."
    if counted.win.low <= 0.5 <= counted.win.high:
        return f"{said}; the interval holds one half, so this may be chance."
    return f"{said}; these are too few votes to rely on."


def enough_words(counted: Tally) -> str:
    """Return whether there are enough votes, and about how many more would tell."""
    if is_told(counted):
        return "Enough votes: the interval leaves out one half."
    if counted.decided < LEAST_DECIDED or counted.win is None:
        more = LEAST_DECIDED - counted.decided
        return f"Not enough yet: {more:,} more decided {'vote' if more == 1 else 'votes'} at least."
    more = votes_wanted(counted) - counted.decided
    if more > 1_000:
        return "Too close: hundreds of votes more would not tell them apart."
    return f"Not enough yet: if it goes on like this, about {more:,} more decided votes tell."


def votes_wanted(counted: Tally) -> int:
    """Return how many decided votes would tell if the share stays as it is."""
    assert counted.win is not None
    share = max(counted.win.value, 1 - counted.win.value)
    wanted = counted.decided
    while wanted < 10_000:
        wanted += 1
        if wilson(round(share * wanted), wanted).low > 0.5:
            return wanted
    return wanted


def sides(seed: int, places: int) -> list[bool]:
    """Return for each question whether the first column stands at the left; the seed decides.

    Each column stands at the left as often as the other, so that a liking for a side is no gain.
    """
    made = [at % 2 == 0 for at in range(places)]
    random.Random(seed).shuffle(made)
    return made


def order(seed: int, places: int) -> list[int]:
    """Return in which order questions are asked; the seed decides."""
    made = list(range(places))
    random.Random(f"order {seed}").shuffle(made)
    return made


def choice_of_side(side: str, first_is_left: bool) -> Choice:
    """Return what a press means for the columns; side is left, right, tie or bad."""
    if side in ("tie", "bad"):
        return Choice.TIE if side == "tie" else Choice.BAD
    return Choice.FIRST if (side == "left") is first_is_left else Choice.SECOND


def kept_tags(words: str, most: int = 40) -> tuple[str, ...]:
    """Return the tags of a line with commas between, each once."""
    cut = (" ".join(word.split())[:most] for word in words.split(","))
    return tuple(dict.fromkeys(word for word in cut if word))


def _turned(share: Share) -> Share:
    return Share(1 - share.value, 1 - share.high, 1 - share.low)


def _rating(votes: Sequence[Vote], choice: Choice) -> float | None:
    found = [vote.rating for vote in votes if vote.choice is choice and vote.rating]
    return sum(found) / len(found) if found else None

"""What a judge model says of two columns' answers, asked in both orders, and what it is worth."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from string import Template

from studio.core.resources import resource
from studio.core.units import percent
from studio.core.votes import wilson

LONGEST = 2000
"""Characters of each text that the judge reads."""
UNSTABLE = 0.4
"""Share of pairs whose verdict turns with the order, from which on the judge is not to be trusted.
By tossing a coin it would be a half."""
FEW = 20
"""Verdicts below which the interval is too wide for most decisions."""
_UNUSABLE = (
    "It goes by which answer stands first, not by what the answers say. Vote yourself, or let a "
    "larger model judge."
)
WEAK = (
    "A small judge is weak: it likes long and fluent answers, and what stands first. It sees only "
    "words, not whether they are true. Believe your own votes before it."
)


class Verdict(StrEnum):
    """What became of one pair of answers."""

    OURS = "ours"
    """The column's answer was preferred in both orders."""
    BASE = "base"
    TURNED = "turned"
    """The order decided, so nothing is told."""
    SAME = "same"
    """Both answers are the same words; nobody was asked."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said of one pair.

    Attributes:
        place: of the row in its evaluation.
        column: whose answer was held against the base's.
        first: how likely "A" was when the column's answer was A, of A and B together.
        second: how likely "B" was when the column's answer was B.
    """

    place: int
    column: str
    first: float
    second: float

    @property
    def verdict(self) -> Verdict:
        """Only two verdicts for the same answer count."""
        if math.isnan(self.first):
            return Verdict.SAME
        if (self.first > 0.5) != (self.second > 0.5):
            return Verdict.TURNED
        return Verdict.OURS if self.first > 0.5 else Verdict.BASE


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedColumn:
    """What a judge said of a column against the base.

    Attributes:
        pairs: how many it was to judge.
        ours, base: pairs in which the same answer was preferred in both orders.
        turned: pairs whose verdict turned with the order.
        same: pairs of the same words.
        rate: share of ``ours`` of all that were decided, with its 95 % Wilson interval; NaN if
            none was.
    """

    column: str
    pairs: int
    ours: int
    base: int
    turned: int
    same: int
    rate: float
    low: float
    high: float

    @property
    def turning(self) -> float:
        """Share of the pairs that were asked whose verdict turned; NaN if none was asked."""
        asked = self.ours + self.base + self.turned
        return self.turned / asked if asked else math.nan

    @property
    def unusable(self) -> bool:
        """Whether the order decides so often that the judge tells nothing."""
        return self.turning >= UNSTABLE


def judged_columns(judgements: Iterable[Judgement]) -> list[JudgedColumn]:
    """Return what a judge said of each column, in the order in which they come."""
    found: dict[str, list[Verdict]] = {}
    for each in judgements:
        found.setdefault(each.column, []).append(each.verdict)
    return [_judged(column, verdicts) for column, verdicts in found.items()]


def agreement(
    judgements: Iterable[Judgement], votes: Mapping[tuple[str, int], bool]
) -> tuple[int, int]:
    """Return in how many pairs a judge and a person say the same, and how many both decided.

    Args:
        judgements: of the judge.
        votes: by column and place, whether the person preferred the column's answer to the base's.
    """
    decided = [
        (j.verdict is Verdict.OURS) == votes[j.column, j.place]
        for j in judgements
        if j.verdict in (Verdict.OURS, Verdict.BASE) and (j.column, j.place) in votes
    ]
    return sum(decided), len(decided)


def question_for_judge(question: str, reference: str, first: str, second: str) -> str:
    """Return what a judge is asked; long texts are cut."""
    texts = {"question": question, "reference": reference, "first": first, "second": second}
    shown = {name: _cut(text) for name, text in texts.items()}
    asked = resource("judge", "pairwise.txt").read_text(encoding="utf-8")
    return Template(asked).substitute(shown).strip()


def judged_words(judged: JudgedColumn) -> tuple[str, str]:
    """Return what a judge says of a column: the fact, and how it came about."""
    decided = judged.ours + judged.base
    if judged.unusable:
        fact = "This model is not usable as a judge here"
    elif not decided:
        fact = "The judge decides nothing"
    else:
        ends = f"{percent(judged.low)} to {percent(judged.high)}"
        fact = f"Preferred in {judged.ours:,} of {decided:,}: {percent(judged.rate)} ({ends})"
    parts = []
    if not math.isnan(judged.turning):
        asked = decided + judged.turned
        parts.append(
            f"In {judged.turned:,} of {asked:,} pairs ({percent(judged.turning)}) the verdict "
            "turned with the order of the answers; they do not count."
        )
    if judged.same:
        pairs = "pair is" if judged.same == 1 else "pairs are"
        parts.append(f"{judged.same:,} {pairs} the same words.")
    if judged.unusable:
        parts.append(_UNUSABLE)
        if decided:
            parts.append(
                f"Of the {decided:,} that did not, it preferred this column in {judged.ours:,}."
            )
    elif 0 < decided < FEW:
        parts.append(f"{decided:,} verdicts are few; the interval shows it.")
    return fact, " ".join(parts)


def agreement_words(agreed: int, both: int) -> str:
    """Return how often a judge and the user's own votes say the same; empty without such pairs."""
    if not both:
        return ""
    share = wilson(agreed, both)
    return (
        f"Your own votes say the same in {agreed:,} of {both:,}: {percent(share.value)} "
        f"({percent(share.low)} to {percent(share.high)})."
    )


def is_better(judged: JudgedColumn) -> bool | None:
    """Return whether the column is preferred; None if that may be chance or the order's doing."""
    if not judged.ours + judged.base or judged.unusable:
        return None
    if judged.low <= 0.5 <= judged.high:
        return None
    return judged.rate > 0.5


def _judged(column: str, verdicts: Sequence[Verdict]) -> JudgedColumn:
    ours, base = verdicts.count(Verdict.OURS), verdicts.count(Verdict.BASE)
    decided = ours + base
    share = wilson(ours, decided)
    return JudgedColumn(
        column=column,
        pairs=len(verdicts),
        ours=ours,
        base=base,
        turned=verdicts.count(Verdict.TURNED),
        same=verdicts.count(Verdict.SAME),
        rate=share.value,
        low=share.low,
        high=share.high,
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"

"""Answers that are one of a few labels: accuracy, precision, recall, F1, AUC, confusion."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from studio.core.metrics.overlap import f1
from studio.core.metrics.words import plain

MOST_LABELS = 20
LONGEST = 40
"""Characters of a label; longer references are answers to be compared as text."""
ROWS_PER_LABEL = 3
"""Fewer rows for each label on average, and the references are rather different answers."""
NONE = ""
"""What an answer is that is none of the labels; no label is empty."""
OTHER = "none of them"
"""How that is called where labels are shown."""


@dataclass(frozen=True, slots=True)
class LabelScores:
    """How well one label was found.

    Attributes:
        support: rows whose reference it is.
    """

    precision: float
    recall: float
    f1: float
    support: int


def labels_of(references: Sequence[str]) -> list[str]:
    """Return the labels that the references are, most frequent first; none if they are texts."""
    counts = Counter(map(plain, references))
    if not 2 <= len(counts) <= MOST_LABELS or len(references) < ROWS_PER_LABEL * len(counts):
        return []
    if any(len(label) > LONGEST or not label for label in counts):
        return []
    return sorted(counts, key=lambda label: (-counts[label], label))


def label_in(answer: str, labels: Sequence[str]) -> str:
    """Return the label that an answer gives: the whole of it, or the longest it begins with."""
    text = plain(answer)
    if text in labels:
        return text
    begins = [label for label in labels if _begins(text, label)]
    return max(begins, key=len) if begins else NONE


def confusion(
    found: Sequence[str], wanted: Sequence[str], labels: Sequence[str]
) -> list[list[int]]:
    """Return how often each label (rows) was answered as each label or none (columns)."""
    counts = Counter(zip(wanted, found, strict=True))
    return [[counts[label, answer] for answer in (*labels, NONE)] for label in labels]


def label_scores(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> dict[str, LabelScores]:
    """Return precision, recall and F1 of each label from the confusion matrix."""
    made = {}
    for at, label in enumerate(labels):
        right, support = matrix[at][at], sum(matrix[at])
        given = sum(row[at] for row in matrix)
        made[label] = LabelScores(
            right / given if given else 0.0,
            right / support if support else 0.0,
            f1(right, given, support),
            support,
        )
    return made


def macro_f1(found: Sequence[str], wanted: Sequence[str], labels: Sequence[str]) -> float:
    """Return the mean F1 of the labels that these rows have."""
    matrix = confusion(found, wanted, labels)
    there = [s.f1 for s in label_scores(matrix, labels).values() if s.support]
    return sum(there) / len(there) if there else math.nan


def auc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """Return the area under the ROC curve: how often a positive row scores above a negative one.

    Ties count half. NaN if one of the two kinds is missing.
    """
    n = sum(positive)
    rest = len(positive) - n
    if not n or not rest:
        return math.nan
    order = sorted(range(len(scores)), key=scores.__getitem__)
    total, at = 0.0, 0
    while at < len(order):
        stop = at
        while stop < len(order) and scores[order[stop]] == scores[order[at]]:
            stop += 1
        rank = (at + stop + 1) / 2  # ranks count from 1; equal scores share their mean
        total += rank * sum(positive[order[i]] for i in range(at, stop))
        at = stop
    return (total - n * (n + 1) / 2) / (n * rest)


def mean_auc(shares: Sequence[Mapping[str, float]], wanted: Sequence[str]) -> float:
    """Return the AUC of each label against the rest, averaged over labels that can be judged.

    Args:
        shares: for each row, each label's share of the likelihood.
        wanted: the reference's label of each row.
    """
    labels = sorted(set(wanted))
    found = [auc([s[label] for s in shares], [w == label for w in wanted]) for label in labels]
    judged = [value for value in found if math.isfinite(value)]
    return sum(judged) / len(judged) if judged else math.nan


def likelihood_shares(nats: Mapping[str, float]) -> dict[str, float]:
    """Return each label's share of the likelihood from its nats (its negative log-likelihood)."""
    least = min(nats.values())
    weights = {label: math.exp(least - value) for label, value in nats.items()}
    total = sum(weights.values())
    return {label: weight / total for label, weight in weights.items()}


def _begins(text: str, label: str) -> bool:
    return text.startswith(label) and not text[len(label) : len(label) + 1].isalnum()

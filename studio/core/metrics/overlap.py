"""Same or not, contained or not, and how many words two texts share."""

from __future__ import annotations

from collections import Counter

from studio.core.metrics.words import plain, words


def exact_match(answer: str, reference: str) -> float:
    """Return 1 if both texts are the same but for case, spaces and punctuation around them."""
    return float(plain(answer) == plain(reference))


def contains(answer: str, reference: str) -> float:
    """Return 1 if the reference stands in the answer, case and spaces aside."""
    wanted = plain(reference)
    return float(bool(wanted) and wanted in plain(answer))


def f1(shared: float, of_answer: float, of_reference: float) -> float:
    """Return the harmonic mean of precision and recall; 0 if nothing is shared."""
    return 2 * shared / (of_answer + of_reference) if shared else 0.0


def token_f1(answer: str, reference: str) -> float:
    """Return the F1 of the words of both texts, their order aside.

    As SQuAD's F1 (Rajpurkar et al. 2016, 6.1), but articles count: they are words in other
    languages than English.
    """
    found, wanted = words(answer), words(reference)
    if not found or not wanted:
        return float(found == wanted)
    return f1((Counter(found) & Counter(wanted)).total(), len(found), len(wanted))

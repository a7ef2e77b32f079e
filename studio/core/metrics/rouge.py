"""ROUGE-1, ROUGE-2 and ROUGE-L as F1, without stemming.

Source: Lin 2004, ROUGE: A Package for Automatic Evaluation of Summaries, 2 and 3. ROUGE-L takes
the whole text as one sentence, as "rougeL" of Google's ``rouge_score`` does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from studio.core.metrics.overlap import f1
from studio.core.metrics.words import words


def rouge(answer: str, reference: str) -> dict[str, float]:
    """Return rouge_1, rouge_2 and rouge_l of an answer."""
    found, wanted = words(answer), words(reference)
    return {
        "rouge_1": _shared_f1(found, wanted),
        "rouge_2": _shared_f1(list(pairwise(found)), list(pairwise(wanted))),
        "rouge_l": f1(longest_common(found, wanted), len(found), len(wanted)),
    }


def longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the longest common subsequence of words.

    Works on a row of the table at once, as bits of one number.
    Source: Hyyrö 2004, Bit-parallel LCS-length Computation Revisited, 3.
    """
    places: dict[str, int] = {}
    for at, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << at
    full = row = (1 << len(one)) - 1
    for word in other:
        met = row & places.get(word, 0)
        row = (row + met | row - met) & full
    return len(one) - row.bit_count()


def _shared_f1(found: Sequence[object], wanted: Sequence[object]) -> float:
    return f1((Counter(found) & Counter(wanted)).total(), len(found), len(wanted))

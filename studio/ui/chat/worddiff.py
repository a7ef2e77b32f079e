"""Which words of two answers are not in the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

MOST_WORDS = 1_500
"""Longer answers are not compared: the comparison costs the square of their words."""
_WORD = re.compile(r"\S+")

Span = tuple[int, int]


def differing_words(one: str, other: str) -> tuple[list[Span], list[Span]]:
    """Return the spans, in characters, of the words that only one text has, for both texts.

    Neighbouring words make one span. Empty lists when an answer is too long to compare.
    """
    words = [list(_WORD.finditer(text)) for text in (one, other)]
    if max(len(found) for found in words) > MOST_WORDS:
        return [], []
    first, second = ([match[0] for match in found] for found in words)
    spans: tuple[list[Span], list[Span]] = ([], [])
    for tag, a, b, c, d in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        for side, start, end in ((0, a, b), (1, c, d)):
            if start < end:
                spans[side].append((words[side][start].start(), words[side][end - 1].end()))
    return spans


def differing_from(base: str, others: Sequence[str]) -> tuple[list[Span], list[list[Span]]]:
    """Return the spans of the base that no other text has, and those of each that the base lacks.

    Of a base that is compared with several, a word is set apart if all of them lack it.
    """
    pairs = [differing_words(base, other) for other in others]
    alone = set.intersection(*({n for a, b in one for n in range(a, b)} for one, _ in pairs))
    spans: list[Span] = []
    for position in sorted(alone):
        if spans and spans[-1][1] == position:
            spans[-1] = (spans[-1][0], position + 1)
        else:
            spans.append((position, position + 1))
    return spans, [theirs for _, theirs in pairs]

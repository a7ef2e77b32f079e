"""Which words of two answers are not in the other."""

from __future__ import annotations

import re
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

"""How texts begin, for datasets in which they all begin the same."""

from __future__ import annotations

OPENING_WORDS = 4
_LEAST = 6
"""Words, or characters times four where words are not spaced, of a text that has an opening."""


def opening(text: str) -> str:
    """Return how a text begins, in lower case; empty for texts of a few words, such as labels."""
    words = text[:200].split(None, _LEAST)
    if len(words) >= _LEAST:
        return " ".join(words[:OPENING_WORDS]).casefold()
    if not text[:40].isascii() and len(text) >= _LEAST * 4:
        return text.lstrip()[: OPENING_WORDS * 2].casefold()
    return ""

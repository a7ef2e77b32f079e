"""Porter's stemmer for English: words of one root become the same letters.

Source: Porter 1980, An algorithm for suffix stripping. Words that are not plain ASCII letters stay
as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"),
    ("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"),
    ("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive"),
    ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""),
    ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou",
    "ism", "ate", "iti", "ous", "ive", "ize",
)  # fmt: skip
_MEASURE = re.compile("v+c+")


@lru_cache(1 << 14)
def stem(word: str) -> str:
    """Return the stem of a lower-case word."""
    if len(word) <= 2 or not (word.isascii() and word.isalpha()):
        return word
    word = _plural(word)
    word = _past(word)
    if word.endswith("y") and "v" in _form(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    word = _residue(word)
    return _tidied(word)


def _form(root: str) -> str:
    """Return the letters as c and v; a y after a consonant is a vowel."""
    made = ""
    for letter in root:
        vowel = letter in "aeiou" or (letter == "y" and made.endswith("c"))
        made += "v" if vowel else "c"
    return made


def _measure(root: str) -> int:
    """Return how often a vowel is followed by a consonant: m of the paper."""
    return len(_MEASURE.findall(_form(root)))


def _plural(word: str) -> str:
    if word.endswith("sses") or word.endswith("ies"):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    end = next((end for end in ("ed", "ing") if word.endswith(end)), "")
    if not end or "v" not in _form(word[: -len(end)]):
        return word
    word = word[: -len(end)]
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _doubled(word) and word[-1] not in "lsz":
        return word[:-1]
    return word + "e" if _measure(word) == 1 and _short_end(word) else word


def _replaced(word: str, ends: Sequence[tuple[str, str]]) -> str:
    found = [pair for pair in ends if word.endswith(pair[0])]
    if not found:
        return word
    end, instead = max(found, key=lambda pair: len(pair[0]))
    root = word[: -len(end)]
    return root + instead if _measure(root) > 0 else word


def _residue(word: str) -> str:
    found = [end for end in _STEP_4 if word.endswith(end)]
    if not found:
        return word
    end = max(found, key=len)
    root = word[: -len(end)]
    if _measure(root) <= 1 or (end == "ion" and not root.endswith(("s", "t"))):
        return word
    return root


def _tidied(word: str) -> str:
    if word.endswith("e"):
        root = word[:-1]
        times = _measure(root)
        if times > 1 or (times == 1 and not _short_end(root)):
            word = root
    return word[:-1] if word.endswith("ll") and _measure(word) > 1 else word


def _doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _form(word)[-1] == "c"


def _short_end(word: str) -> bool:
    """Return whether a word ends consonant, vowel, consonant, the last not w, x or y."""
    return _form(word)[-3:] == "cvc" and word[-1] not in "wxy"

"""The words of a text, and the forms of a text in which two of them count as the same."""

from __future__ import annotations

import re
import unicodedata

_EACH_ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Kana, Han and Hangul: written without spaces, so each sign counts as a word."""
_WORD = re.compile(rf"[{_EACH_ALONE}]|[^\W_{_EACH_ALONE}]+")
_AROUND = " \t\r\n.!?,;:\"'`“”‘’«»*"


def words(text: str) -> list[str]:
    """Return the lower-case words of a text: runs of letters and digits.

    Of ASCII texts these are the tokens of Google's ``rouge_score``.
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def plain(text: str) -> str:
    """Return a text without what does not make an answer another one.

    Case, runs of white space, and signs of punctuation around the whole are taken away; signs
    inside it stay, so that 3.14 is not 314 and −5 is not 5.
    """
    folded = unicodedata.normalize("NFC", text).casefold()
    return " ".join(folded.split()).strip(_AROUND)

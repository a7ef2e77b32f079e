"""Whose words each token of a row are: a turn's, or the template's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, TOOL, USER
from studio.engine.masks import Written
from studio.engine.turns import DEVELOPER

TEMPLATE, TEXT = "template", "text"
_ROLES = {SYSTEM: SYSTEM, DEVELOPER: SYSTEM, USER: USER, ASSISTANT: ASSISTANT, TOOL: TOOL}
_MARKERS = str.maketrans("", "", "\U000f0000\U000f0001")
_BROKEN = "\ufffd"
_SLACK = 8
"""Characters that a decoder may have dropped before a token's text."""


def owners(written: Written, tokens: Sequence[tuple[str, bool]], *, running: bool) -> list[str]:
    """Return system, user, assistant, tool, text or template for each token.

    Args:
        written: the sequence's text and its turns.
        tokens: the text of each token, and whether it is special.
        running: it is running text, without turns.
    """
    if running:
        return [TEXT] * len(tokens)
    text = written.text.translate(_MARKERS)
    by_character = _characters(text, written.messages)
    found, at = [], 0
    for words, special in tokens:
        if special or at >= len(text):
            found.append(TEMPLATE)
        else:
            found.append(by_character[at])
        if _BROKEN not in words:  # a part of a character has no place of its own
            place = text.find(words, at, at + len(words) + _SLACK)
            if place >= 0:
                found[-1] = TEMPLATE if special else _owner(by_character, place, len(words))
                at = place + len(words)
    return found


def _characters(text: str, messages: Sequence[dict[str, Any]]) -> list[str]:
    """Return whose each character is; contents are looked for in the order of the turns."""
    found, at = [TEMPLATE] * len(text), 0
    for message in messages:
        content = message.get("content")
        words = content.translate(_MARKERS).strip() if isinstance(content, str) else ""
        place = text.find(words, at) if words else -1
        if place >= 0:
            at = place + len(words)
            found[place:at] = [_ROLES.get(message["role"], USER)] * len(words)
    return found


def _owner(by_character: Sequence[str], place: int, length: int) -> str:
    """Return whose a token is that may reach over a border: the turn's, if it has any of it."""
    owned = [who for who in by_character[place : place + length] if who != TEMPLATE]
    return owned[0] if owned else TEMPLATE

"""Changes to the turns of a conversation, each as new turns; what is not asked for stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from studio.core.example import ASSISTANT, SYSTEM, USER, Turn, turn_text

Turns = tuple[Turn, ...]


def can_edit(turn: Turn) -> bool:
    """Return whether what a turn says is one text; pictures and several parts are edited as JSON."""
    content = turn.get("content")
    return content is None or isinstance(content, str) or _only_part(content) is not None


def with_text(turn: Turn, text: str) -> Turn:
    """Return a turn that says something else; one of several parts stays as it is."""
    content = turn.get("content")
    if not can_edit(turn) or turn_text(turn) == text:
        return turn
    part = _only_part(content)
    if part is None:
        return {**turn, "content": text}
    return {**turn, "content": [text if isinstance(part, str) else {**part, "text": text}]}


def with_value(turn: Turn, name: str, value: object) -> Turn:
    """Return a turn with another value under a name; None takes the name away."""
    if value is None:
        return {key: kept for key, kept in turn.items() if key != name}
    return {**turn, name: value}


def replaced(turns: Sequence[Turn], at: int, turn: Turn) -> Turns:
    """Return the turns with another one in a place."""
    return (*turns[:at], turn, *turns[at + 1 :])


def next_role(turns: Sequence[Turn], at: int) -> str:
    """Return who speaks after the turn in a place; the user begins."""
    if not 0 <= at < len(turns):
        return USER
    return USER if turns[at]["role"] in (ASSISTANT, SYSTEM) else ASSISTANT


def added(turns: Sequence[Turn], at: int) -> Turns:
    """Return the turns with an empty one before a place, of the role whose turn it is."""
    new = {"role": next_role(turns, at - 1), "content": ""}
    return (*turns[:at], new, *turns[at:])


def with_system(turns: Sequence[Turn]) -> Turns:
    """Return the turns with an empty system turn at the beginning."""
    return ({"role": SYSTEM, "content": ""}, *turns)


def removed(turns: Sequence[Turn], at: int) -> Turns:
    """Return the turns without the one in a place."""
    return (*turns[:at], *turns[at + 1 :])


def moved(turns: Sequence[Turn], at: int, to: int) -> Turns:
    """Return the turns with the one in a place put into another place."""
    rest = list(removed(turns, at))
    rest.insert(to, turns[at])
    return tuple(rest)


def split(turns: Sequence[Turn], at: int, position: int) -> Turns:
    """Return the turns with one cut in two; the other side says what stood behind the cut.

    Args:
        turns: all turns.
        at: the place of the turn, which says one text.
        position: characters of its text that stay.
    """
    turn, text = turns[at], turn_text(turns[at])
    rest = {"role": next_role(turns, at), "content": text[position:]}
    return (*turns[:at], with_text(turn, text[:position]), rest, *turns[at + 1 :])


def merged(turns: Sequence[Turn], at: int) -> Turns:
    """Return the turns with one and the next made one, in the role of the first.

    Texts are put below each other, lists such as calls behind each other; where both have
    something else under a name, that of the first stays.
    """
    first, second = turns[at], turns[at + 1]
    made = {**second, **first}
    for name in first.keys() & second.keys():
        one, two = first[name], second[name]
        if name != "content" and isinstance(one, list) and isinstance(two, list):
            made[name] = [*one, *two]
    made["content"] = _joined(first.get("content"), second.get("content"))
    return (*turns[:at], made, *turns[at + 2 :])


def _joined(one: Any, two: Any) -> Any:
    if not one or not two:
        return one or two or ""
    if isinstance(one, str) and isinstance(two, str):
        return f"{one}\n{two}"
    return [*_parts(one), *_parts(two)]


def _parts(content: Any) -> list[Any]:
    return list(content) if isinstance(content, list) else [{"type": "text", "text": content}]


def _only_part(content: object) -> Any:
    """Return the part of a content that is a list of one text, else None."""
    if not isinstance(content, list) or len(content) != 1:
        return None
    (part,) = content
    is_text = isinstance(part, dict) and isinstance(part.get("text"), str)
    return part if isinstance(part, str) or is_text else None

"""The passages of a cell that were written for a reader: a whole text, or what turns say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from studio.core.example import turns_of, turns_text

TURNS, TOOLS = "messages", "tools"
"""Fields that hold JSON: what turns say are its passages; tools have none."""


def written_fields(fields: Sequence[str]) -> tuple[str, ...]:
    """Return those of some fields that have passages."""
    return tuple(field for field in fields if field != TOOLS)


def passages(field: str, text: str) -> tuple[str, ...]:
    """Return the passages of a cell, in order.

    Raises:
        ExampleError: turns are not JSON of the right form.
    """
    if field == TOOLS:
        return ()
    if field != TURNS:
        return (text,)
    return tuple(passage for turn in turns_of(text) for passage in _said(turn.get("content")))


def with_passages(field: str, text: str, new: Sequence[str]) -> str:
    """Return the text of a cell with other passages, as many as it has; JSON stays JSON.

    Raises:
        ExampleError: turns are not JSON of the right form.
    """
    if tuple(new) == passages(field, text):
        return text
    if field != TURNS:
        return new[0]
    rest = iter(new)
    return turns_text(
        [
            {**turn, "content": _saying(turn["content"], rest)} if "content" in turn else turn
            for turn in turns_of(text)
        ]
    )


def _said(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        for part in content:
            if isinstance(part, str):
                yield part
            elif _is_text(part):
                yield part["text"]


def _saying(content: Any, rest: Iterator[str]) -> Any:
    if isinstance(content, str):
        return next(rest)
    if not isinstance(content, list):
        return content
    made: list[Any] = []
    for part in content:
        if isinstance(part, str):
            made.append(next(rest))
        else:
            made.append({**part, "text": next(rest)} if _is_text(part) else part)
    return made


def _is_text(part: Any) -> bool:
    return isinstance(part, dict) and isinstance(part.get("text"), str)

"""A row as a question that stands alone, with the answer that was written for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studio.core.example import (
    ASSISTANT,
    SYSTEM,
    USER,
    Example,
    Preference,
    Text,
    Triple,
    Turn,
    turn_text,
)

BEGINNING = 240
"""Characters of a running text, at most, that are asked to be gone on with."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a row asks.

    Attributes:
        turns: all that is said before the answer, (role, words) each, the question last.
        written: the answer that would have been learned; empty if there is none.
    """

    turns: tuple[tuple[str, str], ...]
    written: str

    @property
    def question(self) -> str:
        """The last thing the user says."""
        return self.turns[-1][1]


def question_of(example: Example) -> Question | None:
    """Return what a row asks; of a conversation its first question, of running text its beginning.

    None for a row that asks nothing.
    """
    match example:
        case Triple():
            return Question(((USER, example.question),), example.output)
        case Preference():
            before = _said(example.context)
            return Question((*before, (USER, example.prompt)), example.chosen)
        case Text():
            return _divided(example.text)
    said = _said(example.turns)
    for at in range(1, len(said)):
        if (said[at - 1][0], said[at][0]) == (USER, ASSISTANT):
            return Question(said[:at], said[at][1])
    return None


def _said(turns: Sequence[Turn]) -> tuple[tuple[str, str], ...]:
    kept = (turn for turn in turns if turn["role"] in (SYSTEM, USER, ASSISTANT))
    return tuple((turn["role"], turn_text(turn)) for turn in kept)


def _divided(text: str) -> Question | None:
    """Return the beginning of a running text, to be gone on with, and the rest."""
    end = text.rfind(" ", BEGINNING // 2, BEGINNING)
    end = end if end > 0 else min(BEGINNING, len(text) // 2)
    return Question(((USER, text[:end]),), text[end:].strip()) if end else None

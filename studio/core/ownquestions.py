"""Questions that somebody wrote: a list of them as text, lines or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MOST_QUESTIONS = 1_000
LONGEST = 200_000
"""Characters of one question."""
BREAK = "---"
"""A line of this stands between questions that are longer than a line."""
_FIELDS = ("question", "prompt", "instruction", "text")


@dataclass(frozen=True, slots=True)
class OwnQuestions:
    """What a text holds.

    Attributes:
        questions: each once, in their order.
        remarks: sentences about what was left out.
    """

    questions: tuple[str, ...]
    remarks: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """How many there are, and what was left out."""
        n = len(self.questions)
        return " ".join([f"{n:,} {'question' if n == 1 else 'questions'}.", *self.remarks])


def questions_in(text: str) -> OwnQuestions:
    """Return the questions of a text.

    A line is a question; where lines of three dashes stand, all between two of them is one. JSON
    gives its texts, and of objects the question, prompt, instruction or text; an input is put
    below it.
    """
    found = _json(text)
    if found is None:
        found = _blocks(text)
    kept, empty = [], 0
    for question in found:
        trimmed = question.strip()
        empty += not trimmed
        if trimmed:
            kept.append(trimmed)
    once = list(dict.fromkeys(question[:LONGEST] for question in kept))
    remarks = []
    if empty and len(kept) + empty > 1:
        remarks.append(f"{empty:,} without words left out.")
    if len(once) < len(kept):
        remarks.append(f"{len(kept) - len(once):,} that were there twice left out.")
    if any(len(question) > LONGEST for question in kept):
        remarks.append(f"Questions are cut to {LONGEST:,} characters.")
    if len(once) > MOST_QUESTIONS:
        remarks.append(f"The first {MOST_QUESTIONS:,} of {len(once):,} are taken.")
    return OwnQuestions(tuple(once[:MOST_QUESTIONS]), tuple(remarks))


def _blocks(text: str) -> list[str]:
    lines = text.splitlines()
    if not any(line.strip() == BREAK for line in lines):
        return [line for line in lines if line.strip()]
    blocks: list[list[str]] = [[]]
    for line in lines:
        if line.strip() == BREAK:
            blocks.append([])
        else:
            blocks[-1].append(line)
    return ["\n".join(block) for block in blocks if block]


def _json(text: str) -> list[str] | None:
    """Return the questions of a JSON list, or of lines of JSON objects; None if it is neither."""
    start = text.lstrip()[:1]
    try:
        if start == "[":
            return _texts(json.loads(text))
        if start == "{":
            return _texts(json.loads(line) for line in text.split("\n") if line.strip())
    except (ValueError, RecursionError):
        return None
    return None


def _texts(items: Iterable[Any]) -> list[str]:
    return [_text(item) for item in items]


def _text(item: Any) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, dict):
        return ""
    asked = next((item[name] for name in _FIELDS if isinstance(item.get(name), str)), "")
    more = item.get("input")
    return f"{asked}\n{more}" if asked and isinstance(more, str) and more.strip() else asked

"""Rows in which something is missing: no answer, no question, the same text twice."""

from __future__ import annotations

from studio.core.example import Kind
from studio.data.checks.parts import Parts

Found = list[tuple[str, str]]
"""Codes of problems, each with a detail that names where or what; the detail may be empty."""


def find(kind: Kind, parts: Parts) -> Found:
    """Return what is missing in a row, and texts with space around them."""
    found: Found = []
    if parts.broken:
        return [("not_example", parts.broken)]
    if not parts.answer.strip():
        found.append(("no_text" if kind is Kind.TEXT else "no_answer", ""))
    if kind is Kind.TEXT:
        return found  # running text begins and ends as its book does
    if not parts.question.strip():
        found.append(("no_question", ""))
    elif _same(parts.question, parts.answer):
        found.append(("answer_is_question", ""))
    if kind is Kind.PREFERENCE:
        chosen, rejected = parts.named[-2][1], parts.named[-1][1]
        if chosen.strip() and _same(chosen, rejected):
            found.append(("same_answers", ""))
    elif kind is Kind.CONVERSATION and parts.silent:
        found.append(("empty_turn", parts.silent))
    edged = [name for name, text in parts.named if text and text.strip() != text]
    if edged:
        found.append(("blank_edges", ", ".join(edged[:3])))
    return found


def trimmed(text: str) -> str:
    """Return a text without the space around it."""
    return text.strip()


def _same(one: str, other: str) -> bool:
    return one == other or (
        abs(len(one) - len(other)) < 64
        and " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
    )

"""Conditions that rows can meet, as a tree; :mod:`studio.data.query` reads one from a text."""

from __future__ import annotations

from dataclasses import dataclass

SPLIT, TAG, PROBLEM, NOTE = "split", "tag", "problem", "note"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text begins like this; in one field, or in any if it is empty."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Exactly:
    """A text holds these characters, A to Z in any case; in one field, or in any."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Has:
    """The row has this split, tag, problem or note; None stands for any."""

    name: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Compare:
    """A number of the row compares so with another one."""

    name: str
    operator: str
    number: int


@dataclass(frozen=True, slots=True)
class Every:
    """All of these hold; an empty one holds for every row."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of these holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What is inside does not hold."""

    part: Condition


Condition = Word | Exactly | Has | Compare | Every | Either | Not
EVERYTHING = Every()


def words_in(condition: Condition) -> bool:
    """Return whether a condition asks for the beginnings of words, which an index finds."""
    match condition:
        case Word():
            return True
        case Every() | Either():
            return any(words_in(part) for part in condition.parts)
        case Not():
            return words_in(condition.part)
    return False


def asks_checks(condition: Condition) -> bool:
    """Return whether a condition is about tokens or problems, which checks find out."""
    match condition:
        case Has():
            return condition.name == PROBLEM
        case Compare():
            return condition.name in ("tokens", "trained")
        case Every() | Either():
            return any(asks_checks(part) for part in condition.parts)
        case Not():
            return asks_checks(condition.part)
    return False

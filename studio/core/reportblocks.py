"""A report as values: sections of words, tables, pictures and quoted texts, without a format.

Texts are as they came, from models and datasets too; whoever writes a format makes them harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph of our own words; strong if it is what the section comes to."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells.

    Attributes:
        heads: one a column; empty where no head is needed.
        numbers: columns that are set to the right.
        caption: what the table shows; empty where the section's title says it.
        tones: "good", "bad" or "" for each row, where rows have one.
    """

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    caption: str = ""
    tones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing of ours, and the numbers it is of.

    Attributes:
        svg: made by :mod:`studio.core.reportpictures` alone, which escapes what it writes.
        told: what it shows, for those who cannot see it.
        table: its numbers, for formats without pictures.
    """

    svg: str
    told: str
    table: Table


@dataclass(frozen=True, slots=True)
class Readings:
    """The few numbers that matter most: (name, value, what it is compared with) each."""

    items: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Voice:
    """What one said.

    Attributes:
        tone: "base", "adapted", "written" or "asked".
    """

    who: str
    text: str
    tone: str = "asked"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what was said to it, under one heading."""

    title: str
    voices: tuple[Voice, ...]


Block = Words | Table | Picture | Readings | Exchange


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part; it is left out where it has no block."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it.

    Attributes:
        kind: what it is, in two or three words.
        title: what the run is called.
        line: what was trained on what, and when.
        foot: by whom and when it was written.
    """

    kind: str
    title: str
    line: str
    sections: tuple[Section, ...] = field(default_factory=tuple)
    foot: str = ""

"""Judges the rows of a dataset by their texts, a batch at a time, and then all together."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from studio.core.example import Kind
from studio.data.checks import emptiness, encoding, languages, marks, minhash, personal
from studio.data.checks.judged import JUDGED, Packed, measure, same_hash
from studio.data.checks.parts import Parts, parts_of

Problem = tuple[str, int, str]
"""Code, row id and detail of something that is wrong."""


@dataclass(frozen=True, slots=True)
class Item:
    """A row to judge: its id, the stamp and texts that it has now."""

    id: int
    stamp: int
    texts: tuple[str, ...]


FAMILIES: dict[str, Callable[[Kind, Parts], emptiness.Found]] = {
    "emptiness": emptiness.find,
    "encoding": lambda _kind, parts: encoding.find(parts),
    "turn marks": lambda _kind, parts: marks.find(parts),
    "personal data": lambda _kind, parts: personal.find(parts),
    "languages": languages.find,
}
"""What looks at one row alone, by name."""


@dataclass(slots=True)
class Batch:
    """Some rows, judged by their texts.

    Attributes:
        judged: what is remembered of each, (N,) of ``JUDGED``.
        problems: of single rows.
    """

    judged: Packed
    problems: list[Problem]


class Costs:
    """Seconds that each family of checks took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.perf_counter()

    def start(self) -> None:
        """Begin to count."""
        self._since = time.perf_counter()

    def took(self, name: str) -> None:
        """Put the time since the last look to a name."""
        now = time.perf_counter()
        self.seconds[name] = self.seconds.get(name, 0.0) + now - self._since
        self._since = now


def judge(kind: Kind, rows: Sequence[Item], costs: Costs | None = None) -> Batch:
    """Judge rows by their texts alone; never raises."""
    costs = costs or Costs()
    costs.start()
    taken = [parts_of(kind, row.texts) for row in rows]
    costs.took("reading")
    for parts in taken:
        parts.spoken = languages.listen(parts)
    costs.took("languages")
    problems: list[Problem] = []
    for name, find in FAMILIES.items():
        for row, parts in zip(rows, taken, strict=True):
            problems += [(code, row.id, detail) for code, detail in find(kind, parts)]
        costs.took(name)
    judged = np.zeros(len(rows), JUDGED)
    for at, (row, parts) in enumerate(zip(rows, taken, strict=True)):
        judged[at] = (row.id, row.stamp, same_hash(row.texts), *measure(kind, parts), 0)
    costs.took("hashes and openings")
    judged["signature"] = minhash.signatures([parts.whole for parts in taken])
    costs.took("signatures")
    return Batch(judged, problems)


def whole_texts(kind: Kind, texts: Sequence[tuple[str, ...]]) -> list[str]:
    """Return each row's texts in one, as near duplicates are compared."""
    return [parts_of(kind, each).whole for each in texts]

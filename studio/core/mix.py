"""A mix: a training set made of several datasets, each with a weight or a number of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.example import SPLITS, TRAIN
from studio.core.knobs import typed

MOST_PARTS = 64
MOST_ROWS = 100_000_000
MOST_WEIGHT = 1_000_000.0
MIX_WORDS = {
    "dataset": "A dataset of the workspace that rows are taken from.",
    "weight": "Its rows beside the other weights; more rows take longer.",
    "rows": "How many of its rows; each takes as long as any other.",
    "split": "Which of its rows.",
}
"""What each setting of a part is, and what it costs."""
_FIELDS = tuple(MIX_WORDS)


class MixFault(ValueError):
    """A mix that cannot be; the reason as the end of a sentence that begins with "mix"."""


@dataclass(frozen=True, slots=True)
class MixPart:
    """One dataset of a mix.

    Attributes:
        dataset: its name in the workspace.
        weight: its share of the rows beside the other weights; 0 where rows are counted.
        rows: how many rows of it; 0 where its weight says so.
        split: the split its rows are taken from.
    """

    dataset: str
    weight: float = 0.0
    rows: int = 0
    split: str = TRAIN

    def to_mapping(self) -> dict[str, Any]:
        """Return the part as plain values, without those that say nothing."""
        amount: dict[str, Any] = {"rows": self.rows} if self.rows else {"weight": self.weight}
        split = {} if self.split == TRAIN else {"split": self.split}
        return {"dataset": self.dataset, **amount, **split}


def mix_of(values: Any) -> tuple[MixPart, ...]:
    """Return the parts that a recipe's ``[[mix]]`` tables stand for.

    Raises:
        MixFault: they are no mix.
    """
    if not isinstance(values, Sequence) or isinstance(values, str | bytes):
        raise MixFault("is not a list of parts; each starts with [[mix]]")
    if len(values) > MOST_PARTS:
        raise MixFault(f"has {len(values)} parts, more than {MOST_PARTS}")
    parts = tuple(_part(f"part {number}", value) for number, value in enumerate(values, 1))
    seen: set[tuple[str, str]] = set()
    for part in parts:
        if (part.dataset, part.split) in seen:
            raise MixFault(f"names the {part.split} rows of {part.dataset} twice")
        seen.add((part.dataset, part.split))
    return parts


def _part(where: str, value: Any) -> MixPart:
    if not isinstance(value, Mapping):
        raise MixFault(f"{where} is {value!r}, not a table")
    unknown = [name for name in value if name not in _FIELDS]
    if unknown:
        raise MixFault(f"{where} has {unknown[0]}, which is none of {', '.join(_FIELDS)}")
    dataset, split = value.get("dataset", ""), value.get("split", TRAIN)
    weight, odd = typed(value.get("weight", 0.0), float)
    rows = value.get("rows", 0)
    if not isinstance(dataset, str) or not dataset:
        raise MixFault(f"{where} names no dataset")
    if split not in SPLITS:
        raise MixFault(f"{where} takes the split {split!r}, not one of {', '.join(SPLITS)}")
    if odd or not math.isfinite(weight):
        raise MixFault(f"{where} has the weight {weight!r:.40}, not a number")
    if isinstance(rows, bool) or not isinstance(rows, int):
        raise MixFault(f"{where} has {rows!r} rows, not a whole number")
    if not 0 <= weight <= MOST_WEIGHT:
        raise MixFault(f"{where} has the weight {weight:g}, not from 0 to {MOST_WEIGHT:,.0f}")
    if not 0 <= rows <= MOST_ROWS:
        raise MixFault(f"{where} has {rows:,} rows, not from 0 to {MOST_ROWS:,}")
    if bool(weight) == bool(rows):
        both = "both a weight and rows" if rows else "neither a weight nor rows"
        raise MixFault(f"{where} ({dataset}) has {both}; give one of them")
    return MixPart(dataset, float(weight), rows, split)


def rows_of_parts(parts: Sequence[MixPart], there: Sequence[int], main: str) -> list[int]:
    """Return how many rows of each part a mix has.

    One weighted part sets the size: that of the main dataset, else the first. Each of its rows is
    used once, and the other weighted parts have as many rows as their weights ask beside it. Parts
    with a number of rows have that number.

    Args:
        parts: the mix.
        there: rows that each part's dataset has in the split it is taken from.
        main: name of the recipe's dataset.

    Raises:
        MixFault: a part would have more rows than any run can have.
    """
    weighted = [at for at, part in enumerate(parts) if part.weight and there[at]]
    anchor = next((at for at in weighted if parts[at].dataset == main), next(iter(weighted), None))
    found = []
    for part, has in zip(parts, there, strict=True):
        if part.rows or anchor is None:
            wanted = part.rows
        else:
            wanted = round(there[anchor] * part.weight / parts[anchor].weight)
        if wanted > MOST_ROWS:
            raise MixFault(f"asks for {wanted:,} rows of {part.dataset}; weigh it less")
        found.append(wanted if has else 0)
    return found


def mix_title(parts: Sequence[MixPart]) -> str:
    """Return a mix in a few words: "hotel 90 %, general 10 %"; rows where rows are counted."""
    weights = sum(part.weight for part in parts)
    words = []
    for part in parts:
        amount = f"{part.rows:,} rows" if part.rows else f"{100 * part.weight / weights:.3g} %"
        words.append(f"{part.dataset} {amount}")
    return ", ".join(words)

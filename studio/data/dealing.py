"""Deals units of rows to splits by a hash, in the numbers that are asked for; arrays in and out.

A unit is what must not be torn apart: a row, or a group of rows. Its mark is a hash of the seed
and of what it is called, so where it stands does not depend on the other rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint64]
Flags = npt.NDArray[np.bool_]
Cuts = Mapping[str, tuple[int, int]]
"""By stratum: marks up to the first are validation, marks from the second on are test."""
TRAIN_SIDE, VALIDATION_SIDE, TEST_SIDE = range(3)
"""What the numbers of a deal stand for; the places of core.example.SPLITS."""
FREE = -1
"""A unit that may be dealt."""
TOP = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a dataset a split is to have: a share of all rows, or a number of rows."""

    share: float = 0.0
    rows: int | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the amount that a text means: "10 %" or "0.1" is a share, "200" are rows.

        Raises:
            ValueError: it means none; the reason as a sentence.
        """
        plain = text.replace("\u00a0", " ").strip().removesuffix("rows").strip().replace(",", "")
        try:
            if plain.isdecimal():
                return cls(rows=int(plain))
            share = float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)
        except ValueError as err:
            raise ValueError(f"{text!r} is not a share such as 10 % or a number of rows") from err
        if not 0 <= share < 1:
            raise ValueError(f"{text!r} is not a share from 0 to below 100 %")
        return cls(share=share)

    def of(self, total: int) -> int:
        """Return the rows meant; at least one if any share is, never all."""
        wanted = self.rows
        if wanted is None:
            wanted = max(round(total * self.share), 1) if self.share > 0 else 0
        return max(0, min(wanted, total - 1))

    @property
    def text(self) -> str:
        """The amount as one writes it: "10 %" or "200 rows"."""
        return f"{self.rows:,} rows" if self.rows is not None else f"{100 * self.share:.4g} %"


@dataclass(frozen=True, slots=True)
class Units:
    """What is dealt; all arrays (U,).

    Attributes:
        marks: where each unit stands on the line of hashes.
        sizes: its rows.
        strata: index of its stratum, the splits of which get like shares.
        names: of the strata.
        now: the side it is on.
        pinned: the side it has to go to, or FREE.
    """

    marks: Marks
    sizes: Ints
    strata: Ints
    names: tuple[str, ...]
    now: Ints
    pinned: Ints


@dataclass(frozen=True, slots=True)
class Dealt:
    """The side of each unit (U,), and the cuts that say where new units go."""

    sides: Ints
    cuts: dict[str, tuple[int, int]] = field(default_factory=dict)


def mark_of(seed: int, name: object) -> int:
    """Return where something stands on the line of hashes, from 0 to TOP."""
    text = f"{seed}:{name}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def marks_of(seed: int, names: Iterable[object]) -> Marks:
    """Return the marks of many names, in their order."""
    return np.fromiter((mark_of(seed, name) for name in names), np.uint64)


def deal(
    units: Units, total: int, validation: Amount | None, test: Amount | None, cuts: Cuts
) -> Dealt:
    """Deal units so that the splits have what is asked for, within half of the unit at the edge.

    Validation takes the lowest marks and test the highest, so that changing one amount moves no
    row of the other.

    Args:
        units: what is dealt.
        total: all rows, of which amounts are shares.
        validation: how much goes there; None leaves the split as it is.
        test: how much goes there; None leaves the split as it is.
        cuts: of the last deal with these settings; shares then go by them, and a number of rows
            is filled up, so no unit that was dealt moves.
    """
    sides = np.where(units.pinned == FREE, TRAIN_SIDE, units.pinned).astype(np.int64)
    for side, amount in ((VALIDATION_SIDE, validation), (TEST_SIDE, test)):
        if amount is None:
            continue
        free = (units.pinned == FREE) & (sides == TRAIN_SIDE)
        if cuts and amount.rows is None:
            sides[free & _beyond(units, cuts, side, amount.share)] = side
            continue
        if cuts:
            sides[free & (units.now == side)] = side
            free &= sides != side
        wanted = amount.of(total) - int(units.sizes[sides == side].sum())
        sides[_lowest(units, free, wanted, side)] = side
    return Dealt(sides, _cuts(units, sides))


def _beyond(units: Units, cuts: Cuts, side: int, share: float) -> Flags:
    """Return which units lie beyond the cut of their stratum; a new stratum is cut at the share."""
    if not share:
        return np.zeros(len(units.marks), np.bool_)
    part = min(round(share * TOP), TOP)
    fresh = (part, TOP - part)
    at = 0 if side == VALIDATION_SIDE else 1
    edges = np.array([cuts.get(name, fresh)[at] for name in units.names], np.uint64)[units.strata]
    found: Flags = units.marks <= edges if at == 0 else units.marks >= edges
    return found


def _lowest(units: Units, free: Flags, wanted: int, side: int) -> Ints:
    """Return the units, first in line, that come nearest to the wanted rows.

    Strata are walked through together, each as far as the others.
    """
    at = np.flatnonzero(free)
    if wanted <= 0 or not len(at):
        return at[:0]
    line = units.marks[at] if side == VALIDATION_SIDE else TOP - units.marks[at]
    strata, sizes = units.strata[at], units.sizes[at]
    by_stratum = np.lexsort((line, strata))
    walked = np.cumsum(sizes[by_stratum])
    starts = np.flatnonzero(np.diff(strata[by_stratum], prepend=-1))
    before = np.repeat(walked[starts] - sizes[by_stratum[starts]], np.diff([*starts, len(at)]))
    rows = np.bincount(strata, sizes)[strata[by_stratum]]
    how_far = (walked - before - sizes[by_stratum] / 2) / rows
    order = by_stratum[np.lexsort((line[by_stratum], how_far))]
    filled = np.cumsum(sizes[order])
    reached = int(np.searchsorted(filled, wanted))
    fewer, more = filled[reached - 1] if reached else 0, filled[min(reached, len(filled) - 1)]
    taken = reached if reached and wanted - fewer <= more - wanted else reached + 1
    return at[order[:taken]]


def _cuts(units: Units, sides: Ints) -> dict[str, tuple[int, int]]:
    """Return by stratum how far the splits reach on the line of hashes."""
    low = np.zeros(len(units.names), np.uint64)
    high = np.full(len(units.names), TOP, np.uint64)
    for side, reach, edges in ((VALIDATION_SIDE, np.maximum, low), (TEST_SIDE, np.minimum, high)):
        chosen = (sides == side) & (units.pinned == FREE)
        reach.at(edges, units.strata[chosen], units.marks[chosen])
    return {name: (int(low[at]), int(high[at])) for at, name in enumerate(units.names)}

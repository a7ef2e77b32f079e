"""Looks over a dataset before it is split: what belongs together, where each row is now."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from studio.core.example import SPLITS, Kind
from studio.core.problems import DataError
from studio.data.bulkrows import Cancelled, Progress
from studio.data.checks.minhash import plain
from studio.data.checks.parts import parts_of
from studio.data.dealing import (
    FREE,
    TEST_SIDE,
    TRAIN_SIDE,
    VALIDATION_SIDE,
    Flags,
    Ints,
    Units,
    marks_of,
)
from studio.data.rowreader import RowReader
from studio.data.schema import Stopped
from studio.data.splitunits import Links, joined, links_of_clusters, links_of_values

TAGS = "tags"
"""The group that rows with a tag in common are, unless a column has that name."""
_PAGE = 20_000
_SAMPLE = 500
"""Rows looked at for the columns that have no role."""
Alike = Callable[[RowReader, Progress, Cancelled], Iterable[Sequence[int]]]
"""Finds rows that are nearly the same: clusters of their ids."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """What must stay together.

    Attributes:
        group: a column without a role, a field, TAGS, or empty for none.
        duplicates: whether rows that are alike, or ask the same question, stay together.
        stratify: whether every tag gets like shares.
    """

    group: str = ""
    duplicates: bool = True
    stratify: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """A dataset as splitting sees it; arrays (N,) beside ids, which rise.

    Attributes:
        now: the side each row is on.
        unit: the index of the first row of each row's unit.
        keys: by index of a row, what its unit is called; rows without a key go by their id.
        strata: index of each row's stratum.
        names: of the strata.
        frozen: sides that nothing enters or leaves.
    """

    ids: Ints
    now: Ints
    unit: Ints
    keys: dict[int, str]
    strata: Ints
    names: tuple[str, ...]
    frozen: frozenset[int] = frozenset()

    @property
    def fixed(self) -> Flags:
        """Which rows are in a frozen split."""
        return np.isin(self.now, list(self.frozen))

    def units(self, seed: int) -> tuple[Units, Ints]:
        """Return the units of the rows that may move, and the unit of each of those rows."""
        free = ~self.fixed
        firsts, of_row = np.unique(self.unit[free], return_inverse=True)
        names = (self.keys.get(first, self.ids[first]) for first in firsts.tolist())
        made = Units(
            marks=marks_of(seed, names),
            sizes=np.bincount(of_row, minlength=len(firsts)),
            strata=self.strata[firsts],
            names=self.names,
            now=self.now[firsts],
            pinned=self._pinned()[firsts],
        )
        return made, of_row

    def _pinned(self) -> Ints:
        """Return by first row where its unit must go because a part of it is frozen.

        What is like a frozen test row is not trained on: it goes to validation.
        """
        found = np.full(len(self.ids), FREE)
        ways = {TRAIN_SIDE: TRAIN_SIDE, VALIDATION_SIDE: TEST_SIDE, TEST_SIDE: VALIDATION_SIDE}
        for side, goal in ways.items():
            if side in self.frozen:
                open_goal = goal if side == TRAIN_SIDE or goal not in self.frozen else TRAIN_SIDE
                found[self.unit[self.now == side]] = open_goal
        return found


def survey(
    data: RowReader,
    grouping: Grouping,
    frozen: Iterable[str] = (),
    alike: Alike | None = None,
    progress: Progress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Survey:
    """Look over a dataset.

    Args:
        data: the dataset.
        grouping: what must stay together.
        frozen: splits that nothing enters or leaves.
        alike: finds rows that are nearly the same; without it only equal ones are found.
        progress: told the rows done and all rows.
        cancelled: asked between pages.

    Raises:
        DataError: it cannot be read, or there is no such group.
        Stopped: it was asked to stop.
    """
    ids = np.sort(data.ids)
    links: list[Links] = []
    keys: dict[int, str] = {}
    if grouping.group:
        pairs = list(_group_values(data, ids, grouping.group))
        links.append(links_of_values(pairs))
        for row, value in reversed(pairs):
            keys[row] = value
    if grouping.duplicates:
        links += _equal(data, ids, progress, cancelled)
        if alike is not None:
            links.append(links_of_clusters(ids, alike(data, progress, cancelled)))
    strata, names = np.zeros(len(ids), np.int64), [""]
    if grouping.stratify:
        strata, names = _strata(data, ids)
    unit = joined(len(ids), links)
    sides = frozenset(SPLITS.index(split) for split in frozen)
    return Survey(ids, _sides(data, ids), unit, keys, strata, tuple(names), sides)


def _sides(data: RowReader, ids: Ints) -> Ints:
    """Return the side that each row is on."""
    now = np.zeros(len(ids), np.int64)
    for side, split in enumerate(SPLITS):
        now[np.searchsorted(ids, data.find(split=split))] = side
    return now


def groups_of(data: RowReader) -> list[str]:
    """Return by what rows can be grouped: columns without a role, fields, tags if there are any."""
    columns: dict[str, None] = {}
    found = data.select(
        "SELECT extra FROM rows WHERE extra IS NOT NULL AND extra <> '' LIMIT ?", (_SAMPLE,)
    )
    for (extra,) in found:
        columns |= dict.fromkeys(_extra(extra))
    columns |= dict.fromkeys(data.fields)
    if data.tag_counts():
        columns[TAGS] = None
    return list(columns)


def _group_values(data: RowReader, ids: Ints, group: str) -> Iterator[tuple[int, str]]:
    """Yield (index of the row, its group) of rows that are in one; a row may be in several."""
    if group not in (known := groups_of(data)):
        raise DataError(
            f"{data.path.stem} has no column {group!r} to group by.",
            f"There are: {', '.join(known)}.",
        )
    if group in data.fields:
        for page in _pages(data, ids, (group,)):
            yield from ((row, str(value)) for row, (value,) in page if value)
        return
    in_extra = False
    for page in _pages(data, ids, ("extra",)):
        for row, (extra,) in page:
            value = _extra(extra).get(group)
            in_extra = in_extra or value is not None
            if value not in (None, ""):
                yield row, value if isinstance(value, str) else json.dumps(value)
    if group == TAGS and not in_extra:
        for row, (tag,) in _indexed(ids, _tagged(data)):
            yield row, str(tag)


def _equal(data: RowReader, ids: Ints, progress: Progress, cancelled: Cancelled) -> list[Links]:
    """Return the links of rows with the same texts, and of those that ask the same question."""
    same: list[tuple[int, Hashable]] = []
    asked: list[tuple[int, Hashable]] = []
    for page in _pages(data, ids, data.fields):
        if cancelled():
            raise Stopped("Stopped; nothing is changed.")
        for row, texts in page:
            same.append((row, hash(texts)))
            if data.kind is not Kind.TEXT and (words := plain(parts_of(data.kind, texts).question)):
                asked.append((row, hash(words)))
        progress(len(same), len(ids))
    return [links_of_values(same), links_of_values(asked)]


def _strata(data: RowReader, ids: Ints) -> tuple[Ints, list[str]]:
    """Return the stratum of each row, which is the tags it has, and their names."""
    tags: dict[int, str] = {}
    for row, (tag,) in _indexed(ids, _tagged(data)):
        tags[row] = f"{tags[row]}, {tag}" if row in tags else str(tag)
    known: dict[str, int] = {"": 0}
    found = np.zeros(len(ids), np.int64)
    for row, name in tags.items():
        found[row] = known.setdefault(name, len(known))
    return found, list(known)


def _tagged(data: RowReader) -> list[tuple[Any, ...]]:
    return data.select("SELECT row, tag FROM tagged ORDER BY row, tag")


def _pages(
    data: RowReader, ids: Ints, columns: Sequence[str]
) -> Iterator[Iterator[tuple[int, tuple[Any, ...]]]]:
    """Yield the rows that are there, a page at a time: (index, what some columns hold) each."""
    last = -1
    while page := data.select(
        f"SELECT id, {', '.join(columns)} FROM rows WHERE id > ? ORDER BY id LIMIT {_PAGE}",
        (last,),
    ):
        last = page[-1][0]
        yield _indexed(ids, page)


def _indexed(ids: Ints, found: list[tuple[Any, ...]]) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Yield (index of the row, the rest) for those whose row, which stands first, is there."""
    if not len(ids):
        return
    rows = np.fromiter((values[0] for values in found), np.int64, len(found))
    at = np.minimum(np.searchsorted(ids, rows), len(ids) - 1)
    there = ids[at] == rows
    for values, index, is_there in zip(found, at.tolist(), there.tolist(), strict=True):
        if is_there:
            yield index, values[1:]


def _extra(extra: str | None) -> dict[str, Any]:
    try:
        found = json.loads(extra) if extra else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

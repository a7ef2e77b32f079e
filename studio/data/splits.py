"""Splits a dataset into train, validation and test so that nothing of one leaks into another."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from studio.core.example import SPLITS, TEST, VALIDATION
from studio.core.problems import DataError
from studio.data.bulkrows import Cancelled, Progress
from studio.data.dealing import TEST_SIDE, TRAIN_SIDE, VALIDATION_SIDE, Amount, deal, mark_of
from studio.data.packing import Ids
from studio.data.rowreader import RowReader
from studio.data.splitsurvey import Alike, Grouping, Survey, survey
from studio.data.store import Change, Dataset

RULE = "split rule"
"""The fact of a dataset under which the last deal is remembered."""
TENTH, NOTHING = Amount(share=0.1), Amount()
LARGE = 0.05
"""Share of all rows from which on a group is worth a word."""
_ALIKE = Grouping()
"""Rows that are alike stay together, and nothing else has to."""


@dataclass(frozen=True, slots=True)
class SplitWish:
    """How a dataset is to be split.

    Attributes:
        validation: rows held out to measure with during training.
        test: rows held out to the end.
        seed: another one gives another choice.
        grouping: what must stay together.
    """

    validation: Amount = TENTH
    test: Amount = NOTHING
    seed: int = 1
    grouping: Grouping = _ALIKE


@dataclass(frozen=True, slots=True, eq=False)
class Dealing:
    """What a wish comes to.

    Attributes:
        moves: by split, the ids of rows that come to it from another.
        counts: rows of each split afterwards.
        units: groups and single rows that were dealt.
        largest: rows of the largest of them.
        tied: rows that are like frozen ones, and so could not be dealt freely.
        rule: what is remembered, so that new rows move no old ones.
    """

    moves: dict[str, Ids]
    counts: dict[str, int]
    units: int
    largest: int
    tied: int
    rule: dict[str, Any] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        """Rows that change their split."""
        return sum(len(rows) for rows in self.moves.values())

    @property
    def remarks(self) -> list[str]:
        """What one should know about it, a sentence each."""
        found = []
        share = self.largest / max(sum(self.counts.values()), 1)
        if self.largest > 1 and share >= LARGE:
            found.append(f"{self.largest:,} rows stay together; they all go to one split.")
        if self.tied:
            found.append(
                f"{self.tied:,} rows are like frozen ones. They are held out as well, not trained on."
            )
        return found


def deal_rows(found: Survey, wish: SplitWish, rule: Mapping[str, Any]) -> Dealing:
    """Return what a wish comes to, without changing anything.

    Args:
        found: the dataset as it is; of the wish's grouping.
        wish: how to split.
        rule: of the last deal; if that had the same settings, rows it dealt stay where they are.

    Raises:
        DataError: nothing would be left to train on.
    """
    known = rule if rule.get("wish") == _settings(wish) else {}
    units, of_row = found.units(wish.seed)
    validation = None if VALIDATION_SIDE in found.frozen else wish.validation
    test = None if TEST_SIDE in found.frozen else wish.test
    dealt = deal(units, len(found.ids), validation, test, known.get("cuts", {}))
    sides = found.now.copy()
    sides[~found.fixed] = dealt.sides[of_row]
    counts = np.bincount(sides, minlength=len(SPLITS))
    if len(sides) and not counts[TRAIN_SIDE]:
        raise DataError(
            "Nothing would be left to train on.",
            "Hold less out, or keep less together: what stays together goes to one split.",
        )
    changed = sides != found.now
    return Dealing(
        moves={split: found.ids[changed & (sides == at)] for at, split in enumerate(SPLITS)},
        counts=dict(zip(SPLITS, counts.tolist(), strict=True)),
        units=len(units.sizes),
        largest=int(units.sizes.max(initial=0)),
        tied=int(units.sizes[units.pinned >= 0].sum()),
        rule={
            "wish": _settings(wish),
            "cuts": {name: list(cut) for name, cut in dealt.cuts.items()},
        },
    )


def plan_split(
    data: RowReader,
    wish: SplitWish,
    alike: Alike | None = None,
    progress: Progress = lambda done, total: None,
    cancelled: Cancelled = lambda: False,
) -> Dealing:
    """Return what a wish comes to, without changing anything.

    Args:
        data: the dataset.
        wish: how to split.
        alike: finds rows that are nearly the same; without it only exact duplicates are found.
        progress: told the rows done and all rows.
        cancelled: asked between pages.

    Raises:
        DataError: it cannot be read, or cannot be split so.
        Stopped: it was asked to stop.
    """
    found = survey(data, wish.grouping, data.frozen_splits(), alike, progress, cancelled)
    return deal_rows(found, wish, read_rule(data))


def apply_dealing(data: Dataset, dealing: Dealing, freeze: Iterable[str] = ()) -> Change:
    """Put the rows where they were dealt to, as one step, and freeze splits.

    Raises:
        DataError: it could not be saved; nothing is changed.
    """
    change = data.set_splits(dealing.moves, name=_name(dealing.counts))
    data.remember(RULE, json.dumps(dealing.rule))
    for split in freeze:
        data.freeze_split(split, True)
    return change


def read_rule(data: RowReader) -> dict[str, Any]:
    """Return what the last deal left to remember; empty if there was none."""
    text = data.remembered(RULE)
    found = json.loads(text) if text else {}
    return found if isinstance(found, dict) else {}


def hold_out(data: Dataset, amount: Amount = TENTH, seed: int = 1) -> Change:
    """Hold training rows back for validation as one step; duplicates stay together, test stays."""
    found = survey(data, _ALIKE, (*data.frozen_splits(), TEST))
    dealing = deal_rows(found, SplitWish(amount, seed=seed), {})
    count = len(dealing.moves[VALIDATION])
    return data.set_splits(dealing.moves, name=f"Hold {count:,} rows back for validation")


def choose_validation(row_ids: Iterable[int], share: float = 0.1, seed: int = 1) -> list[int]:
    """Return about a share (0 to 1) of single rows, at least one and never all, by id."""
    ids = sorted(row_ids, key=lambda row: (mark_of(seed, row), row))
    return sorted(ids[: Amount(share).of(len(ids))] if ids else [])


def _settings(wish: SplitWish) -> dict[str, Any]:
    """Return what two wishes must have in common for the same rows to go the same way."""
    return {
        "seed": wish.seed,
        **asdict(wish.grouping),
        "validation": asdict(wish.validation),
        "test": asdict(wish.test),
    }


def _name(counts: Mapping[str, int]) -> str:
    words = " · ".join(f"{counts[split]:,} {split}" for split in SPLITS if counts[split])
    return f"Split into {words}"

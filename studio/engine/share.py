"""Which micro-batches of each step one of several engines takes; all of them together are the step."""

from __future__ import annotations

import dataclasses

import numpy as np

from studio.engine.batches import Batch, PlannedBatches, Sequences, collate_packed
from studio.engine.place import Place
from studio.engine.rowsfile import TokenRow

_IDLE_TOKENS = 2


class Share:
    """One engine's part of the steps of a run; with one engine it is all of them.

    The micro-batches of a step are dealt out one by one. Who has none left for a round goes along
    with a short one of which nothing is trained, since the gradients of all are added up together.

    Args:
        planned: the micro-batches of each step.
        place: of this engine.

    Attributes:
        pieces: micro-batches of a step, of this engine.
        pieces_per_epoch: those of an epoch.
    """

    def __init__(self, planned: PlannedBatches, place: Place) -> None:
        self._planned, self._place = planned, place
        before = planned.steps_per_epoch - 1
        last = planned.pieces_per_epoch - before * planned.pieces
        self.pieces = self._each(planned.pieces)
        self.pieces_per_epoch = before * self.pieces + self._each(last)

    def sequences_of(self, step: int) -> list[Sequences]:
        """Return this engine's micro-batches of a step as rows by sequence; steps count from 0."""
        every = self._planned.sequences_of(step)
        mine = every[self._place.rank :: self._place.size]
        idle = self._each(len(every)) - len(mine)
        return mine + [[[_untrained(every[0][0][0])]]] * idle

    def of(self, step: int) -> list[Batch]:
        """Return this engine's micro-batches of a step as tensors."""
        return [collate_packed(batch, self._planned.pad_id) for batch in self.sequences_of(step)]

    def _each(self, pieces: int) -> int:
        return -(-pieces // self._place.size)


def rows_at_once(wanted: int, rows_a_step: int, size: int) -> int:
    """Return the sequences that one engine takes at once: fewer where the others had none else.

    Args:
        wanted: by the recipe.
        rows_a_step: of all engines together.
        size: engines.
    """
    return min(wanted, -(-rows_a_step // size))


def _untrained(row: TokenRow) -> TokenRow:
    ids = row.ids[:_IDLE_TOKENS]
    return dataclasses.replace(row, ids=ids, trained=np.zeros(len(ids), np.bool_))

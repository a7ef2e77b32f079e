"""Batches of tensors from frozen rows: right padding, no more of it than the plan leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch.utils.data import Dataset as TorchDataset

from studio.core.batchplan import Step, plan_epoch, steps_per_epoch
from studio.engine.rowsfile import TokenRow

NOT_TRAINED = -100
"""Label of a token that the loss leaves out; the value transformers uses."""

Batch = dict[str, torch.Tensor]


def collate(rows: Sequence[TokenRow], pad_id: int) -> Batch:
    """Return the tensors of a micro-batch, all (B, T) with T the longest row.

    There is no attention mask: with padding on the right, no token of a row can see it, and what
    the model computes where padding stands is not looked at. Without a mask attention takes its
    fastest way.

    Args:
        rows: the micro-batch.
        pad_id: what fills the shorter rows.
    """
    longest = max(len(row.ids) for row in rows)
    ids = torch.full((len(rows), longest), pad_id)
    labels = torch.full((len(rows), longest), NOT_TRAINED)
    for i, row in enumerate(rows):
        n = len(row.ids)
        ids[i, :n] = torch.from_numpy(row.ids)
        trained = torch.from_numpy(row.trained)
        labels[i, :n] = torch.where(trained, ids[i, :n], NOT_TRAINED)
    labels[:, 0] = NOT_TRAINED  # nothing comes before it that could predict it
    return {"input_ids": ids, "labels": labels}


def trained_tokens(batch: Batch) -> int:
    """Return how many tokens of a batch the loss looks at."""
    return int((batch["labels"] != NOT_TRAINED).sum())


class PlannedBatches:
    """The micro-batches of any step of a run; holds no position, so any step may be asked for."""

    def __init__(
        self, rows: Sequence[TokenRow], pad_id: int, *, seed: int, micro_batch: int, grad_accum: int
    ) -> None:
        self._rows = rows
        self._pad_id = pad_id
        self._seed = seed
        self._sizes = micro_batch, grad_accum
        self._plan = lru_cache(2)(self._plan_epoch)  # a step asks for the same epoch as the last
        self.steps_per_epoch = steps_per_epoch(len(rows), micro_batch, grad_accum)

    def rows_of(self, step: int) -> list[list[TokenRow]]:
        """Return the micro-batches of a step as rows; steps count from 0."""
        epoch, index = divmod(step, self.steps_per_epoch)
        return [[self._rows[i] for i in batch] for batch in self._plan(epoch)[index]]

    def of(self, step: int) -> list[Batch]:
        """Return the micro-batches of a step as tensors; steps count from 0."""
        return [collate(rows, self._pad_id) for rows in self.rows_of(step)]

    def tokens_of(self, step: int) -> tuple[int, int]:
        """Return the non-padding tokens of a step, and those of them that are trained."""
        rows = [row for batch in self.rows_of(step) for row in batch]
        trained = sum(int(row.trained[1:].sum()) for row in rows)
        return sum(len(row.ids) for row in rows), trained

    def _plan_epoch(self, epoch: int) -> list[Step]:
        micro_batch, grad_accum = self._sizes
        return plan_epoch(
            [len(row.ids) for row in self._rows],
            seed=self._seed,
            epoch=epoch,
            micro_batch=micro_batch,
            grad_accum=grad_accum,
        )


class RowCount(TorchDataset[int]):
    """Tells the trainer how many rows there are; the rows themselves come from the plan."""

    def __init__(self, n: int) -> None:
        self._n = n

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, index: int) -> int:
        return index


def evaluation_batches(rows: Sequence[TokenRow], pad_id: int, size: int) -> list[Batch]:
    """Return all rows as micro-batches, ordered by length."""
    ordered = sorted(rows, key=lambda row: (len(row.ids), row.row))
    return [collate(ordered[i : i + size], pad_id) for i in range(0, len(ordered), size)]

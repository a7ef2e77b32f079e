"""Batches of tensors from frozen rows: right padding, little more of it than the plan leaves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import torch
from torch.utils.data import Dataset as TorchDataset

from studio.core.batchplan import Step, padded_length, plan_epoch, steps_per_epoch
from studio.core.packing import pack
from studio.engine.rowsfile import TokenRow

NOT_TRAINED = -100
"""Label of a token that the loss leaves out; the value transformers uses."""

Batch = dict[str, torch.Tensor]
Sequences = list[list[TokenRow]]
"""A micro-batch: for each sequence the rows that share it; one row each unless they are packed."""


def collate(rows: Sequence[TokenRow], pad_id: int) -> Batch:
    """Return the tensors of a micro-batch of one row a sequence; see :func:`collate_packed`."""
    return collate_packed([[row] for row in rows], pad_id)


def collate_packed(sequences: Sequence[Sequence[TokenRow]], pad_id: int) -> Batch:
    """Return the tensors of a micro-batch, all (B, T) with T the longest sequence, or a few more.

    There is no attention mask: with padding on the right, no token of a row can see it, and what
    the model computes where padding stands is not looked at. Without a mask attention takes its
    fastest way. Where rows share a sequence, each row's positions begin at 0, from which
    transformers makes the mask that keeps rows apart.

    Args:
        sequences: the rows of each.
        pad_id: what fills the shorter sequences.
    """
    longest = max(sum(len(row.ids) for row in rows) for rows in sequences)
    shape = (len(sequences), padded_length(longest))
    ids, labels = torch.full(shape, pad_id), torch.full(shape, NOT_TRAINED)
    positions = torch.zeros(shape, dtype=torch.long)
    for i, rows in enumerate(sequences):
        start = 0
        for row in rows:
            stop = start + len(row.ids)
            ids[i, start:stop] = torch.from_numpy(row.ids)
            trained = torch.from_numpy(row.trained)
            labels[i, start:stop] = torch.where(trained, ids[i, start:stop], NOT_TRAINED)
            labels[i, start] = NOT_TRAINED  # nothing comes before it that could predict it
            positions[i, start:stop] = torch.arange(stop - start)
            start = stop
    batch = {"input_ids": ids, "labels": labels}
    if any(len(rows) > 1 for rows in sequences):
        batch["position_ids"] = positions
    return batch


def trained_tokens(batch: Batch) -> int:
    """Return how many tokens of a batch the loss looks at."""
    return int((batch["labels"] != NOT_TRAINED).sum())


class PlannedBatches:
    """The micro-batches of any step of a run; holds no position, so any step may be asked for.

    Args:
        rows: what is trained.
        pad_id: what fills a batch.
        seed: of the run.
        micro_batch: sequences at once, as the run was started.
        grad_accum: micro-batches a step, as the run was started.
        at_once: sequences that really go through the model at once; 0 for all of a micro-batch.
            A step has the same rows whatever it is.
        packed_into: tokens of a sequence that several rows share; 0 gives each row its own.

    Attributes:
        count: sequences of an epoch.
        pad_id: what fills a batch.
        steps_per_epoch: optimizer steps of an epoch.
        pieces: micro-batches of a step, as they really go through the model.
        pieces_per_epoch: those of an epoch, whose last step may have fewer.
    """

    def __init__(
        self,
        rows: Sequence[TokenRow],
        pad_id: int,
        *,
        seed: int,
        micro_batch: int,
        grad_accum: int,
        at_once: int = 0,
        packed_into: int = 0,
    ) -> None:
        self._rows = rows
        self.pad_id = pad_id
        self._seed = seed
        self._sizes = micro_batch, grad_accum
        self._at_once = min(at_once or micro_batch, micro_batch)
        self._shared = sequences_of(rows, packed_into)
        self._lengths = [sum(len(rows[i].ids) for i in shared) for shared in self._shared]
        self._plan = lru_cache(2)(self._plan_epoch)  # a step asks for the same epoch as the last
        self.count = len(self._shared)
        self.steps_per_epoch = steps_per_epoch(self.count, micro_batch, grad_accum)
        self.pieces = grad_accum * -(-micro_batch // self._at_once)
        whole, rest = divmod(self.count, micro_batch)
        each = -(-micro_batch // self._at_once)
        self.pieces_per_epoch = whole * each + -(-rest // self._at_once)

    def sequences_of(self, step: int) -> list[Sequences]:
        """Return the micro-batches of a step as rows by sequence; steps count from 0."""
        epoch, index = divmod(step, self.steps_per_epoch)
        return [
            [[self._rows[row] for row in self._shared[number]] for number in piece]
            for batch in self._plan(epoch)[index]
            for piece in _cut(batch, self._at_once)
        ]

    def rows_of(self, step: int) -> list[list[TokenRow]]:
        """Return the micro-batches of a step as rows, sequence after sequence."""
        return [[row for rows in batch for row in rows] for batch in self.sequences_of(step)]

    def of(self, step: int) -> list[Batch]:
        """Return the micro-batches of a step as tensors; steps count from 0."""
        return [collate_packed(batch, self.pad_id) for batch in self.sequences_of(step)]

    def tokens_of(self, step: int) -> tuple[int, int]:
        """Return the non-padding tokens of a step, and those of them that are trained."""
        rows = [row for batch in self.rows_of(step) for row in batch]
        trained = sum(int(row.trained[1:].sum()) for row in rows)
        return sum(len(row.ids) for row in rows), trained

    def _plan_epoch(self, epoch: int) -> list[Step]:
        micro_batch, grad_accum = self._sizes
        return plan_epoch(
            self._lengths,
            seed=self._seed,
            epoch=epoch,
            micro_batch=micro_batch,
            grad_accum=grad_accum,
        )


def sequences_of(rows: Sequence[TokenRow], packed_into: int) -> list[list[int]]:
    """Return the positions of the rows that share each sequence of an epoch.

    Args:
        rows: what is trained.
        packed_into: tokens of a sequence; 0 gives each row its own.
    """
    if not packed_into:
        return [[i] for i in range(len(rows))]
    return pack([len(row.ids) for row in rows], packed_into)


def _cut(batch: Sequence[int], size: int) -> list[Sequence[int]]:
    return [batch[i : i + size] for i in range(0, len(batch), size)]


class Pieces(TorchDataset[int]):
    """Tells the trainer how many micro-batches an epoch has; what is in them comes from the plan."""

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

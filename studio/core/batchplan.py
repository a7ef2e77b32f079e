"""Which rows make up which batch: a pure function of seed, epoch and lengths.

Rows of like length stand together, so that little is padding. As nothing else goes in, a resumed
run and any number of processes see the same batches.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

WINDOW_STEPS = 16
"""Steps whose rows are sorted by length together; more means less padding and less mixing."""
LENGTHS = 8
"""Sequences are as long as a multiple of so many tokens.

For each new length oneDNN compiles kernels on a processor, which it never gives back: 10 to 22 MiB
in bf16, measured, so that a run of rows of all lengths grew by half a GiB.
"""
Step = list[list[int]]
"""Micro-batches of one optimizer step; each a list of positions of rows."""


def plan_epoch(
    lengths: Sequence[int], *, seed: int, epoch: int, micro_batch: int, grad_accum: int
) -> list[Step]:
    """Return the steps of one epoch; every row is in exactly one micro-batch.

    Rows are shuffled, cut into windows of :data:`WINDOW_STEPS` steps, sorted by length inside each
    window and cut into micro-batches. The micro-batches of a window are shuffled before they form
    steps, so that steps are not ordered by length. The last step may be smaller.

    Args:
        lengths: tokens of each row.
        seed: of the run.
        epoch: counts from 0.
        micro_batch: rows at once, at least 1.
        grad_accum: micro-batches a step, at least 1.
    """
    chance = random.Random(f"batches {seed} {epoch}")
    order = list(range(len(lengths)))
    chance.shuffle(order)
    window = micro_batch * grad_accum * WINDOW_STEPS
    batches: list[list[int]] = []
    for start in range(0, len(order), window):
        near = sorted(order[start : start + window], key=lambda i: (lengths[i], i))
        cut = [near[i : i + micro_batch] for i in range(0, len(near), micro_batch)]
        last = cut.pop() if len(cut[-1]) < micro_batch else None
        chance.shuffle(cut)
        batches += [*cut, last] if last else cut
    return [batches[i : i + grad_accum] for i in range(0, len(batches), grad_accum)]


def steps_per_epoch(n_rows: int, micro_batch: int, grad_accum: int) -> int:
    """Return how many optimizer steps one epoch has; the last one may be smaller."""
    batches = -(-n_rows // micro_batch)
    return -(-batches // grad_accum)


def total_steps(
    n_rows: int, *, micro_batch: int, grad_accum: int, epochs: int, max_steps: int
) -> int:
    """Return the optimizer steps of a run; ``max_steps`` 0 goes by epochs."""
    return max_steps or epochs * steps_per_epoch(n_rows, micro_batch, grad_accum)


def padded_length(tokens: int) -> int:
    """Return how long a sequence is padded at least, for so many tokens."""
    return -(-tokens // LENGTHS) * LENGTHS

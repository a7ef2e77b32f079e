"""Takes down what each row of a step cost, from the losses that training makes anyhow."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from studio.engine.rowsfile import TokenRow

Record = tuple[int, int, float, int]
"""(step, row, loss, tokens); the loss is a mean over the row's trained tokens, in nats."""


class RowTap:
    """Is told the losses of a step's micro-batches, and gives them out row by row.

    What it is told stays on the device until the step is over: asking for a number would make the
    card wait.
    """

    def __init__(self) -> None:
        self._told: list[tuple[torch.Tensor, torch.Tensor]] = []

    def __call__(self, losses: torch.Tensor, where: torch.Tensor) -> None:
        """Take one micro-batch.

        Args:
            losses: of its trained tokens, (N,).
            where: these stand, (B, T - 1), true N times.
        """
        grid = losses.new_zeros(where.shape)
        grid[where] = losses
        self._told.append((grid, where))

    def forget(self) -> None:
        """Drop what was told of a step that was not taken."""
        self._told = []

    def records(
        self, step: int, micro_batches: Sequence[Sequence[Sequence[TokenRow]]]
    ) -> list[Record]:
        """Return what was told since the last step, and forget it.

        Args:
            step: counts from 1.
            micro_batches: their sequences, each made of the rows that stand in it one by one.

        Returns:
            Nothing if other batches were told of than these.
        """
        told, self._told = self._told, []
        if [len(where) for _, where in told] != [len(batch) for batch in micro_batches]:
            return []
        found: list[Record] = []
        for (grid, where), batch in zip(told, micro_batches, strict=True):
            losses, trained = grid.cpu(), where.cpu()
            for sequence, rows in enumerate(batch):
                found += _of_sequence(step, losses[sequence], trained[sequence], rows)
        return found


def _of_sequence(
    step: int, losses: torch.Tensor, trained: torch.Tensor, rows: Sequence[TokenRow]
) -> list[Record]:
    """Return the records of rows in one sequence; position t is the token that follows t."""
    found: list[Record] = []
    start = 0
    for row in rows:
        first, stop = max(start - 1, 0), start + len(row.ids) - 1
        tokens = int(trained[first:stop].sum())
        if tokens:
            found.append((step, row.row, float(losses[first:stop].sum()) / tokens, tokens))
        start += len(row.ids)
    return found

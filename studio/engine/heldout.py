"""The loss on held-out rows, fewer at once where memory runs out; training is not touched by that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from studio.core.events import MemoryShort, PlanChanged, Remark
from studio.core.plan import EVALUATION_BATCH
from studio.engine.batches import Batch, evaluation_batches, trained_tokens
from studio.engine.emit import EventLog
from studio.engine.explain import first_line, is_memory_short
from studio.engine.heap import trim_heap
from studio.engine.memoryshort import free_memory, give_back
from studio.engine.rowsfile import TokenRow


@dataclass(frozen=True, slots=True)
class Measured:
    """Losses of all held-out rows, summed in nats, and the tokens that they are of."""

    total: float
    tokens: int
    parts: tuple[tuple[float, int], ...] = ()
    """Summed loss in nats and trained tokens of each batch."""

    @property
    def loss(self) -> float:
        """Mean over the trained tokens, in nats."""
        return self.total / self.tokens


class HeldOut:
    """Measures the loss of one set of rows again and again.

    Args:
        rows: what is held out.
        pad_id: what fills a batch.
        at_once: rows at once.
        log: told when fewer have to do.
        each: called before each batch; true drops the measurement, and it may raise.
    """

    def __init__(
        self,
        rows: Sequence[TokenRow],
        pad_id: int,
        at_once: int,
        log: EventLog,
        each: Callable[[], bool],
    ) -> None:
        self._rows, self._pad_id, self._log, self._each = rows, pad_id, log, each
        self._take(at_once)

    def __len__(self) -> int:
        return len(self._rows)

    def measure(self, model: Any, prepare: Callable[[Batch], Batch], step: int) -> Measured | None:
        """Return the losses of a model that is in evaluation mode.

        Args:
            model: gives a loss for a batch with labels.
            prepare: brings a batch to the model's device.
            step: optimizer steps done.

        Returns:
            None if there was not even memory for one row at once, which is told, or if it was
            dropped.
        """
        while True:
            try:
                return self._sum(model, prepare)
            except Exception as err:
                if not is_memory_short(err):
                    raise
                said = first_line(err)
            give_back()  # here, where the error holds no tensors any more
            if not self._goes_on(said, step):
                return None

    def _goes_on(self, said: str, step: int) -> bool:
        """Take fewer rows at once and tell it; false where one was too many already."""
        self._log.emit(
            MemoryShort(step=step, where="evaluating", summary=said, free_bytes=free_memory())
        )
        if self._at_once == 1:
            self._log.emit(
                Remark(
                    code="not_evaluated",
                    summary=f"There was no memory to evaluate at step {step}.",
                    hint="Training goes on. End what else takes memory, or hold out shorter rows.",
                    step=step,
                )
            )
            return False
        self._take(-(-self._at_once // 2))
        self._log.emit(
            PlanChanged(
                step=step,
                changes={EVALUATION_BATCH: self._at_once},
                reason="Held-out rows are evaluated fewer at once. Training stays as it is.",
            )
        )
        return True

    def _take(self, at_once: int) -> None:
        self._at_once = at_once
        self._batches = evaluation_batches(self._rows, self._pad_id, at_once)

    def _sum(self, model: Any, prepare: Callable[[Batch], Batch]) -> Measured | None:
        parts = []
        trim_heap()  # held-out rows have other shapes than a step
        with torch.no_grad():
            for batch in self._batches:
                if self._each():
                    return None
                inputs = prepare(dict(batch))
                loss = float(model(**inputs, num_items_in_batch=1).loss)
                parts.append((loss, trained_tokens(batch)))
        trim_heap()
        return Measured(sum(loss for loss, _ in parts), sum(n for _, n in parts), tuple(parts))

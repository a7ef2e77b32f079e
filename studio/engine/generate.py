"""Writes several answers to one prompt at once: one batch, own seed and sampler in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from studio.engine.columns import Switch
from studio.engine.decoding import Decoding, Row
from studio.engine.sampling import Sampler

_CHUNK = 512
"""Tokens of the prompt read at once: a stop is heard in between."""


@dataclass(frozen=True, slots=True)
class Column:
    """One answer that is to be written.

    Attributes:
        name: of the column.
        adapter: name of the adapter inside the model, "" for the base.
        prompt: token ids.
    """

    name: str
    adapter: str
    prompt: Sequence[int]


@dataclass(frozen=True, slots=True)
class Written:
    """One token of one answer, or its end.

    Attributes:
        column: whose answer.
        token: vocabulary id; None at the end.
        reason: at the end: end, stop_text, length or stopped.
    """

    column: str
    token: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered.

    Attributes:
        columns: what each column is asked.
        max_new_tokens: longest answer.
        sampler: of every column.
        stop_ids: tokens that end an answer; they are not part of it.
        halted: names of columns whose reader has had enough; looked at before each token.
    """

    columns: Sequence[Column]
    max_new_tokens: int
    sampler: Sampler
    stop_ids: frozenset[int]
    halted: set[str] = field(default_factory=set)


class _Column(Row):
    """The answer of one column."""

    def __init__(self, column: Column, asked: Asked) -> None:
        super().__init__(column.prompt, asked.sampler, asked.max_new_tokens)
        self.column, self.adapter = column.name, column.adapter


class _Batch:
    """Columns that go through the model together, those of one adapter side by side."""

    def __init__(self, model: Any, switch: Switch, columns: list[_Column], asked: Asked) -> None:
        self._decoding = Decoding(model, columns, asked.stop_ids)
        self._switch, self._halted = switch, asked.halted

    @property
    def going(self) -> list[_Column]:
        """The columns that have not ended."""
        return [row for row in self._decoding.rows if not row.ended]

    def next(self, stopped: Callable[[], bool]) -> torch.Tensor | None:
        """Return the next logits, (rows, V); None if all have ended or it was stopped."""
        going = self.going
        if not going:
            return None
        self._switch.adapt([row.adapter for row in going])
        if self._decoding.prompts_read:
            return None if stopped() else self._decoding.step()
        logits = None
        while not self._decoding.prompts_read:
            if stopped():
                return None
            logits = self._decoding.read(_CHUNK)
        return logits

    def choose(self, logits: torch.Tensor) -> Iterator[Written]:
        """Choose a token in each column; who reads along may halt a column at it."""
        for row, token in self._decoding.choose(logits):
            if token is not None:
                yield Written(row.column, token)
                if row.column in self._halted:
                    row.ended = "stop_text"
            if row.ended:
                yield Written(row.column, None, row.ended)


@torch.inference_mode()
def write_answers(
    model: Any, switch: Switch, asked: Asked, stopped: Callable[[], bool]
) -> Iterator[Written]:
    """Write an answer in every column, token by token in turn.

    Args:
        model: a causal language model, with the adapter's layers in it.
        switch: decides which rows are adapted.
        asked: the prompt and how to answer it.
        stopped: asked before each forward; true ends all answers.

    Raises:
        EngineError: the model's numbers are not finite.
    """
    batches = _batches(model, switch, asked)
    while any(batch.going for batch in batches):
        ready = [batch.next(stopped) for batch in batches]
        if stopped():
            for column in (column for batch in batches for column in batch.going):
                yield Written(column.column, None, "stopped")
            return
        for batch, logits in zip(batches, ready, strict=True):
            if logits is not None:
                yield from batch.choose(logits)


def _batches(model: Any, switch: Switch, asked: Asked) -> list[_Batch]:
    """Return one batch for all columns, or one for each if the method cannot mix."""
    ordered = sorted(asked.columns, key=lambda column: column.adapter)
    columns = [_Column(column, asked) for column in ordered]
    if switch.mixed:
        return [_Batch(model, switch, columns, asked)]
    return [_Batch(model, switch, [column], asked) for column in columns]

"""Writes several answers to one prompt at once: one batch, own seed and sampler in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from studio.engine.columns import Switch
from studio.engine.sampling import Sampler, draw, likeliest, rarer

_CHUNK = 256
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


class _Row:
    """One answer being written, with random numbers that no other answer draws from."""

    def __init__(self, column: Column, sampler: Sampler) -> None:
        self.column = column.name
        self.adapter = column.adapter
        self.prompt = column.prompt
        self.count = 0
        self._sampler = sampler
        self._before = set(column.prompt)
        self._random = torch.Generator().manual_seed(sampler.seed)

    def choose(self, logits: torch.Tensor) -> int:
        """Return the next token.

        Args:
            logits: (V,), of the last position.
        """
        how = self._sampler
        if how.repetition != 1:
            logits = rarer(logits, self._before, how.repetition)
        if how.temperature <= 0:
            token = likeliest(logits)
        else:
            drawn = torch.rand((), generator=self._random, dtype=torch.float64)
            token = draw(logits, how.temperature, how.top_p, float(drawn), top_k=how.top_k)
        self._before.add(token)
        return token


class _Batch:
    """Rows that go through the model together, those of one adapter side by side.

    Prompts of different lengths are padded on the left, and the padding is masked.
    """

    def __init__(self, model: Any, rows: list[_Row]) -> None:
        self._model = model
        self._cache = DynamicCache(config=model.config)
        self.rows = rows
        self.next: list[int] = []
        self.longest = max(len(row.prompt) for row in rows)
        device = model.device
        padding = [self.longest - len(row.prompt) for row in rows]
        filled = [[0] * n + list(row.prompt) for n, row in zip(padding, rows, strict=True)]
        self._prompts = torch.tensor(filled, device=device)
        self._padding = torch.tensor(padding, device=device) if any(padding) else None
        self._read = 0

    @property
    def adapters(self) -> list[str]:
        """What works on each row."""
        return [row.adapter for row in self.rows]

    def read(self, most: int) -> torch.Tensor:
        """Read on in the prompts of all rows; return the last logits, (rows, V)."""
        return self._forward(self._prompts[:, self._read : self._read + most])

    @property
    def prompts_read(self) -> bool:
        """Whether the prompts are read to their end."""
        return self._read >= self.longest

    def step(self) -> torch.Tensor:
        """Read the token that each row chose; return the next logits, (rows, V)."""
        return self._forward(torch.tensor([[i] for i in self.next], device=self._model.device))

    def keep(self, going: list[int]) -> None:
        """Drop the rows that have ended, their caches too."""
        if len(going) == len(self.rows):
            return
        self.rows = [self.rows[i] for i in going]
        if going:
            chosen = torch.tensor(going, device=self._model.device)
            self._cache.batch_select_indices(chosen)
            if self._padding is not None:
                self._padding = self._padding[chosen]

    def _forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return the logits of the last position of each row, (rows, V)."""
        end = self._read + ids.shape[1]
        masked = {}
        if self._padding is not None:
            places = torch.arange(end, device=ids.device)
            mask = (places[None] >= self._padding[:, None]).long()
            positions = (places[None, self._read :] - self._padding[:, None]).clamp(min=0)
            masked = {"attention_mask": mask, "position_ids": positions}
        self._read = end
        output = self._model(
            input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1, **masked
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


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
    ready = [_prefill(batch, switch, stopped) for batch in batches]
    while any(batch.rows for batch in batches):
        for batch, logits in zip(batches, ready, strict=True):
            if logits is not None:
                yield from _choose(batch, logits, asked)
        ready = [_next(batch, switch, stopped) for batch in batches]
        if stopped():
            for row in (row for batch in batches for row in batch.rows):
                yield Written(row.column, None, "stopped")
            return


def _batches(model: Any, switch: Switch, asked: Asked) -> list[_Batch]:
    """Return one batch for all columns, or one for each if the method cannot mix."""
    ordered = sorted(asked.columns, key=lambda column: column.adapter)
    rows = [_Row(column, asked.sampler) for column in ordered]
    if switch.mixed:
        return [_Batch(model, rows)]
    return [_Batch(model, [row]) for row in rows]


def _prefill(batch: _Batch, switch: Switch, stopped: Callable[[], bool]) -> torch.Tensor | None:
    """Read the whole prompts; return their last logits, None if it was stopped on the way."""
    logits = None
    switch.adapt(batch.adapters)
    while not batch.prompts_read:
        if stopped():
            return None
        logits = batch.read(_CHUNK)
    return logits


def _next(batch: _Batch, switch: Switch, stopped: Callable[[], bool]) -> torch.Tensor | None:
    if not batch.rows or stopped():
        return None
    switch.adapt(batch.adapters)
    return batch.step()


def _choose(batch: _Batch, logits: torch.Tensor, asked: Asked) -> Iterator[Written]:
    """Choose a token in each row and drop the rows that end with it."""
    going, batch.next = [], []
    for index, row in enumerate(batch.rows):
        token = row.choose(logits[index])
        if token in asked.stop_ids:
            yield Written(row.column, None, "end")
            continue
        row.count += 1
        yield Written(row.column, token)
        if row.column in asked.halted:
            yield Written(row.column, None, "stop_text")
            continue
        if row.count >= asked.max_new_tokens:
            yield Written(row.column, None, "length")
            continue
        going.append(index)
        batch.next.append(token)
    batch.keep(going)

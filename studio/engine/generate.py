"""Writes several answers to one prompt at once: one batch, own seed and sampler in each row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from studio.core.problems import EngineError
from studio.engine.columns import Switch

_CHUNK = 256
"""Tokens of the prompt read at once: a stop is heard in between."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """How the next token is chosen.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: the likeliest tokens that together have this probability are in the draw.
        seed: of each answer's own random numbers.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 42


@dataclass(frozen=True, slots=True)
class Written:
    """One token of one answer, or its end.

    Attributes:
        column: whose answer.
        token: vocabulary id; None at the end.
        reason: at the end: end, length or stopped.
    """

    column: str
    token: int | None
    reason: str = ""


class _Row:
    """One answer being written, with random numbers that no other answer draws from."""

    def __init__(self, column: str, sampler: Sampler) -> None:
        self.column = column
        self.count = 0
        self._sampler = sampler
        self._random = torch.Generator().manual_seed(sampler.seed)

    def choose(self, logits: torch.Tensor) -> int:
        """Return the next token.

        Args:
            logits: (V,), of the last position.
        """
        if self._sampler.temperature <= 0:
            return _likeliest(logits)
        drawn = torch.rand((), generator=self._random, dtype=torch.float64)
        return draw(logits, self._sampler.temperature, self._sampler.top_p, float(drawn))


class _Batch:
    """Rows that go through the model together, the adapted ones last."""

    def __init__(self, model: Any, rows: list[_Row], first_adapted: int | None) -> None:
        self._model = model
        self._cache = DynamicCache(config=model.config)
        self.rows = rows
        self.first_adapted = first_adapted
        self.next: list[int] = []

    def read(self, prompt: Sequence[int]) -> torch.Tensor:
        """Read a part of the prompt in all rows; return the last logits, (rows, V)."""
        ids = torch.tensor([list(prompt)] * len(self.rows), device=self._model.device)
        return self._forward(ids)

    def step(self) -> torch.Tensor:
        """Read the token that each row chose; return the next logits, (rows, V)."""
        return self._forward(torch.tensor([[i] for i in self.next], device=self._model.device))

    def keep(self, going: list[int]) -> None:
        """Drop the rows that have ended, their caches too."""
        if len(going) == len(self.rows):
            return
        if self.first_adapted is not None:
            left = sum(i < self.first_adapted for i in going)
            self.first_adapted = left if left < len(going) else None
        self.rows = [self.rows[i] for i in going]
        if going:
            self._cache.batch_select_indices(torch.tensor(going, device=self._model.device))

    def _forward(self, ids: torch.Tensor) -> torch.Tensor:
        output = self._model(
            input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be answered.

    Attributes:
        prompt: token ids.
        columns: name of each column and whether it is adapted.
        max_new_tokens: longest answer.
        sampler: of every column.
        stop_ids: tokens that end an answer; they are not part of it.
    """

    prompt: Sequence[int]
    columns: Sequence[tuple[str, bool]]
    max_new_tokens: int
    sampler: Sampler
    stop_ids: frozenset[int]


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
    ready = [_prefill(batch, switch, asked.prompt, stopped) for batch in batches]
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
    ordered = sorted(asked.columns, key=lambda column: column[1])
    rows = [_Row(name, asked.sampler) for name, _ in ordered]
    adapted = [is_adapted for _, is_adapted in ordered]
    if not switch.mixed:
        return [
            _Batch(model, [row], 0 if on else None) for row, on in zip(rows, adapted, strict=True)
        ]
    return [_Batch(model, rows, adapted.index(True) if any(adapted) else None)]


def _prefill(
    batch: _Batch, switch: Switch, prompt: Sequence[int], stopped: Callable[[], bool]
) -> torch.Tensor | None:
    """Read the whole prompt; return its last logits, None if it was stopped on the way."""
    logits = None
    switch.adapt(batch.first_adapted)
    for start in range(0, len(prompt), _CHUNK):
        if stopped():
            return None
        logits = batch.read(prompt[start : start + _CHUNK])
    return logits


def _next(batch: _Batch, switch: Switch, stopped: Callable[[], bool]) -> torch.Tensor | None:
    if not batch.rows or stopped():
        return None
    switch.adapt(batch.first_adapted)
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
        if row.count >= asked.max_new_tokens:
            yield Written(row.column, None, "length")
            continue
        going.append(index)
        batch.next.append(token)
    batch.keep(going)


def draw(logits: torch.Tensor, temperature: float, top_p: float, drawn: float) -> int:
    """Return the token that a random number picks.

    Args:
        logits: (V,), of the last position.
        temperature: above 0; higher is more even.
        top_p: share of the probability that is in the draw, likeliest tokens first.
        drawn: from 0 to 1, evenly distributed.

    Source: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, 3.1.
    """
    _likeliest(logits)  # refuses numbers that are not finite
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    ordered, tokens = probabilities.sort(descending=True, stable=True)
    heights = ordered.double().cumsum(0)
    inside = int((heights - ordered < top_p).sum()) if top_p < 1 else len(heights)
    heights = heights[: max(inside, 1)]
    place = int(torch.searchsorted(heights, drawn * heights[-1], right=True))
    return int(tokens[min(place, len(heights) - 1)])


def _likeliest(logits: torch.Tensor) -> int:
    value, token = logits.max(dim=-1)
    if not torch.isfinite(value):
        raise EngineError(
            "The model's numbers are not finite, so it has no answer.",
            "Choose an earlier checkpoint, or load the model in another precision.",
        )
    return int(token)

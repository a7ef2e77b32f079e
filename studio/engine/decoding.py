"""Several prompts answered token by token in one batch: padding, cache, choice, ends.

Letters: B rows that are still being written, T tokens, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import torch
from transformers import DynamicCache

from studio.engine.sampling import Sampler, draw, likeliest, rarer

_AnyRow = TypeVar("_AnyRow", bound="Row")


class Row:
    """One answer being written, with random numbers that no other answer draws from.

    Args:
        prompt: token ids.
        sampler: of its tokens.
        most: tokens of the answer at most.

    Attributes:
        tokens: vocabulary ids, the end not among them.
        ended: why, end or length; empty while it is written. Who reads along may end it too.
    """

    def __init__(self, prompt: Sequence[int], sampler: Sampler, most: int) -> None:
        self.prompt = prompt
        self.tokens: list[int] = []
        self.ended = ""
        self._sampler, self._most = sampler, most
        self._before = set(prompt)
        self._random = torch.Generator().manual_seed(sampler.seed)

    @property
    def wants_likeliest(self) -> bool:
        """Whether the likeliest token is always chosen, whatever was there before."""
        return self._sampler.temperature <= 0 and self._sampler.repetition == 1

    def choose(self, logits: torch.Tensor) -> int:
        """Return the next token.

        Args:
            logits: (V,), of the last position.

        Raises:
            EngineError: they are not finite.
        """
        how = self._sampler
        if how.repetition != 1:
            logits = rarer(logits, self._before, how.repetition)
        if how.temperature <= 0:
            return int(likeliest(logits))
        drawn = torch.rand((), generator=self._random, dtype=torch.float64)
        return draw(logits, how.temperature, how.top_p, float(drawn), top_k=how.top_k)

    def take(self, token: int, stop_ids: frozenset[int]) -> bool:
        """Take the token that was chosen; return whether it belongs to the answer."""
        if token in stop_ids:
            self.ended = "end"
            return False
        self.tokens.append(token)
        self._before.add(token)
        if len(self.tokens) >= self._most:
            self.ended = "length"
        return True


class Decoding(Generic[_AnyRow]):
    """Rows that go through a model together, until each has ended.

    Prompts of different lengths are padded on the left and the padding is masked, so that in fp32
    each answer is the one that its prompt gets alone.

    Args:
        model: a causal language model, without gradients.
        rows: to be written; the order stays.
        stop_ids: tokens that end an answer.

    Attributes:
        rows: those in the batch: after :meth:`choose` the ones that ended with it are still here,
            :meth:`step` drops them.
    """

    def __init__(self, model: Any, rows: Iterable[_AnyRow], stop_ids: frozenset[int]) -> None:
        self._model, self._stop_ids = model, stop_ids
        self._cache = DynamicCache(config=model.config)
        self.rows = list(rows)
        self._longest = max(len(row.prompt) for row in self.rows)
        self._read = 0
        self._pad([self._longest - len(row.prompt) for row in self.rows])

    @property
    def going(self) -> bool:
        """Whether a row has not ended."""
        return not all(row.ended for row in self.rows)

    @property
    def prompts_read(self) -> bool:
        """Whether the prompts are read to their end."""
        return self._read >= self._longest

    def read(self, most: int | None = None) -> torch.Tensor:
        """Read on in the prompts; return the last logits, (B, V).

        Args:
            most: tokens at once; None for all.
        """
        stop = self._longest if most is None else min(self._read + most, self._longest)
        ids = [_filled(row.prompt, self._longest)[self._read : stop] for row in self.rows]
        return self._forward(ids)

    def choose(self, logits: torch.Tensor) -> list[tuple[_AnyRow, int | None]]:
        """Choose a token in each row; None where the answer has ended without one.

        Args:
            logits: (B, V), of the last position.

        Raises:
            EngineError: the model's numbers are not finite.
        """
        if all(row.wants_likeliest for row in self.rows):
            tokens: list[int] = likeliest(logits).tolist()  # one transfer for all rows
        else:
            tokens = [row.choose(logits[at]) for at, row in enumerate(self.rows)]
        return [
            (row, token if row.take(token, self._stop_ids) else None)
            for row, token in zip(self.rows, tokens, strict=True)
        ]

    def step(self) -> torch.Tensor:
        """Drop the rows that have ended; read the last token of the others, logits (B, V)."""
        going = [at for at, row in enumerate(self.rows) if not row.ended]
        if len(going) < len(self.rows):
            self.rows = [self.rows[at] for at in going]
            self._cache.batch_select_indices(torch.tensor(going, device=self._model.device))
            self._pad([self._longest - len(row.prompt) for row in self.rows])
        return self._forward([[row.tokens[-1]] for row in self.rows])

    def _pad(self, padding: list[int]) -> None:
        """Take how many places on the left of each row nothing looks at."""
        device = self._model.device
        self._padding = torch.tensor(padding, device=device)[:, None] if any(padding) else None

    def _forward(self, tokens: Sequence[Sequence[int]]) -> torch.Tensor:
        """Read (B, T) tokens behind what was read; return the last logits, (B, V)."""
        ids = torch.tensor(tokens, device=self._model.device)
        start, self._read = self._read, self._read + ids.shape[1]
        masked = {}
        if self._padding is not None:
            places = torch.arange(self._read, device=ids.device)[None]
            masked = {
                "attention_mask": (places >= self._padding).long(),
                "position_ids": (places[:, start:] - self._padding).clamp(min=0),
            }
        with head_reads_densely(self._model):
            output = self._model(
                input_ids=ids,
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=1,
                **masked,
            )
        logits: torch.Tensor = output.logits[:, -1]
        return logits


@contextmanager
def head_reads_densely(model: Any) -> Iterator[None]:
    """Let the last layer read the last position as numbers side by side, not as a slice.

    Of a slice out of several tokens torch makes a product of matrices for each row, with a copy of
    the whole vocabulary's weights for each, and oneDNN leaves its fast way: with 49 thousand words
    two rows took 300 ms instead of 8, and sixteen 2.6 s and 860 MiB.
    """
    head = model.get_output_embeddings()
    if head is None:
        yield
        return
    hook = head.register_forward_pre_hook(_dense)
    try:
        yield
    finally:
        hook.remove()


def _dense(head: Any, args: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
    del head
    # ``contiguous`` keeps odd strides of sides that are one long, and oneDNN minds them
    return (*(x.clone(memory_format=torch.contiguous_format) for x in args[:1]), *args[1:])


def _filled(prompt: Sequence[int], longest: int) -> list[int]:
    return [0] * (longest - len(prompt)) + list(prompt)

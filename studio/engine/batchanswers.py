"""Answers several prompts at once: one batch, each row with its own random numbers.

Letters: B rows, T tokens of the longest prompt, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import DynamicCache

from studio.core.problems import EngineError
from studio.engine.sampling import Sampler, draw


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """One answer.

    Attributes:
        place: of its prompt in the batch.
        tokens: vocabulary ids, the end not among them.
        reason: end or length.
    """

    place: int
    tokens: list[int]
    reason: str


@dataclass(frozen=True, slots=True)
class Way:
    """How answers are written, the same for all prompts.

    Attributes:
        stop_ids: tokens that end an answer.
        pad_id: what fills the shorter prompts; nothing looks at it.
        context: longest sequence in tokens; an answer that reaches it is cut.
    """

    sampler: Sampler
    max_new_tokens: int
    stop_ids: frozenset[int]
    pad_id: int
    context: int


def length_sorted(lengths: Sequence[int], size: Callable[[int], int]) -> list[list[int]]:
    """Return the places of prompts in batches, the longest first, so that little is padded.

    Args:
        lengths: of the prompts, in tokens.
        size: how many rows go together if the longest has that many tokens.
    """
    left = sorted(range(len(lengths)), key=lambda at: (-lengths[at], at))
    batches = []
    while left:
        n = max(1, size(lengths[left[0]]))
        batches.append(left[:n])
        left = left[n:]
    return batches


@torch.inference_mode()
def batch_answers(
    model: Any, prompts: Sequence[Sequence[int]], way: Way, stopped: Callable[[], bool]
) -> Iterator[BatchAnswer]:
    """Yield each answer as soon as it has ended; those in the middle of one at a stop are lost.

    Prompts are padded on the left and the padding is masked, so that in fp32 each answer is the one
    that its prompt gets alone.

    Args:
        model: a causal language model, its adapter on or off as it should be.
        prompts: token ids.
        way: how to answer.
        stopped: asked before each forward; true ends it.

    Raises:
        EngineError: the model's numbers are not finite.
    """
    rows = _Rows(model, prompts, way)
    logits = rows.read()
    while rows.places:
        yield from rows.choose(logits)
        if not rows.places or stopped():
            return
        logits = rows.step()


class _Rows:
    """The rows of a batch that are still being answered."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], way: Way) -> None:
        self._model, self._way = model, way
        self._cache = DynamicCache(config=model.config)
        longest = max(map(len, prompts))
        self._ids = torch.full((len(prompts), longest), way.pad_id, device=model.device)
        self._mask = torch.zeros((len(prompts), longest), dtype=torch.long, device=model.device)
        for at, prompt in enumerate(prompts):
            self._ids[at, longest - len(prompt) :] = torch.tensor(list(prompt))
            self._mask[at, longest - len(prompt) :] = 1
        self.places = list(range(len(prompts)))
        self._written: list[list[int]] = [[] for _ in prompts]
        self._most = [min(way.max_new_tokens, way.context - len(prompt)) for prompt in prompts]
        seed = way.sampler.seed
        self._random = [torch.Generator().manual_seed(seed) for _ in prompts]

    def read(self) -> torch.Tensor:
        """Read the prompts; return the last logits, (B, V)."""
        return self._forward(self._ids, (self._mask.cumsum(1) - 1).clamp(min=0))

    def step(self) -> torch.Tensor:
        """Read the token that each row chose; return the next logits, (rows left, V)."""
        device = self._model.device
        ids = torch.tensor([[self._written[at][-1]] for at in self.places], device=device)
        self._mask = torch.cat([self._mask, self._mask.new_ones(len(self.places), 1)], dim=1)
        return self._forward(ids, self._mask.sum(1, keepdim=True) - 1)

    def choose(self, logits: torch.Tensor) -> Iterator[BatchAnswer]:
        """Choose a token in each row, yield the answers that end with it and drop their rows."""
        going = []
        for index, token in enumerate(self._chosen(logits)):
            place = self.places[index]
            if token in self._way.stop_ids:
                yield BatchAnswer(place, self._written[place], "end")
                continue
            self._written[place].append(token)
            if len(self._written[place]) >= self._most[place]:
                yield BatchAnswer(place, self._written[place], "length")
                continue
            going.append(index)
        self._keep(going)

    def _chosen(self, logits: torch.Tensor) -> list[int]:
        highest, tokens = logits.max(dim=-1)
        if not torch.isfinite(highest).all():
            raise EngineError(
                "The model's numbers are not finite, so it has no answer.",
                "Choose an earlier checkpoint, or another precision.",
            )
        sampler = self._way.sampler
        if sampler.temperature <= 0:
            return [int(token) for token in tokens.tolist()]
        made = []
        for index, place in enumerate(self.places):
            drawn = torch.rand((), generator=self._random[place], dtype=torch.float64)
            made.append(draw(logits[index], sampler.temperature, sampler.top_p, float(drawn)))
        return made

    def _keep(self, going: list[int]) -> None:
        """Drop the rows that have ended, their caches too."""
        if len(going) == len(self.places):
            return
        self.places = [self.places[index] for index in going]
        if going:
            kept = torch.tensor(going, device=self._model.device)
            self._mask = self._mask[kept]
            self._cache.batch_select_indices(kept)

    def _forward(self, ids: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        padded = not bool(self._mask.all())
        output = self._model(
            input_ids=ids,
            attention_mask=self._mask if padded else None,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1]
        return logits

"""Answers several prompts at once: one batch, each row with its own random numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from studio.engine.decoding import Decoding, Row
from studio.engine.sampling import Sampler


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
        context: longest sequence in tokens; an answer that reaches it is cut.
    """

    sampler: Sampler
    max_new_tokens: int
    stop_ids: frozenset[int]
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

    Args:
        model: a causal language model, its adapter on or off as it should be.
        prompts: token ids.
        way: how to answer.
        stopped: asked before each forward; true ends it.

    Raises:
        EngineError: the model's numbers are not finite.
    """
    rows = [
        _Row(place, prompt, way.sampler, min(way.max_new_tokens, way.context - len(prompt)))
        for place, prompt in enumerate(prompts)
    ]
    batch = Decoding(model, rows, way.stop_ids)
    logits = batch.read()
    while True:
        for row, _ in batch.choose(logits):
            if row.ended:
                yield BatchAnswer(row.place, row.tokens, row.ended)
        if not batch.going or stopped():
            return
        logits = batch.step()


class _Row(Row):
    """The answer to the prompt of one place."""

    def __init__(self, place: int, prompt: Sequence[int], sampler: Sampler, most: int) -> None:
        super().__init__(prompt, sampler, most)
        self.place = place

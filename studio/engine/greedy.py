"""Writes the likeliest answers to a few prompts with the model that is being trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import torch

from studio.core.problems import EngineError
from studio.engine.decoding import Decoding, Row
from studio.engine.heap import trim_heap
from studio.engine.sampling import Sampler


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as far as it was written.

    Attributes:
        tokens: vocabulary ids, the end not among them.
        ended: end, length, or cut where it had to end before.
    """

    tokens: list[int]
    ended: str


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Let a model answer in the middle of its training, which then goes on as if it had not."""
    cards = [model.device.index or 0] if model.device.type == "cuda" else []
    was_training = model.training
    trim_heap()  # an answer has other shapes than a step
    with torch.random.fork_rng(devices=cards), torch.no_grad():
        model.eval()
        try:
            yield
        finally:
            model.train(was_training)
            trim_heap()


def greedy_answers(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    stop_ids: frozenset[int],
    cut: Callable[[], bool],
) -> list[Answer]:
    """Return the likeliest answer to each prompt; all are written at once, in one batch.

    Args:
        model: in evaluation mode, without gradients; see :func:`undisturbed`.
        prompts: token ids.
        max_tokens: longest answer.
        stop_ids: tokens that end an answer.
        cut: asked after each token; true ends all answers.
    """
    rows = [Row(prompt, Sampler(), max_tokens) for prompt in prompts]
    batch = Decoding(model, rows, stop_ids)
    with suppress(EngineError):  # of numbers that are not finite: the training itself tells of it
        batch.choose(batch.read())
        while batch.going and not cut():
            batch.choose(batch.step())
    return [Answer(row.tokens, row.ended or "cut") for row in rows]

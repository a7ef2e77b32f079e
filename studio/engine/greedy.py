"""Writes the likeliest answers to a few prompts with the model that is being trained.

Letters: B prompts, T tokens of the longest, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache


@dataclass(slots=True)
class Answer:
    """One answer as far as it was written.

    Attributes:
        tokens: vocabulary ids, the end not among them.
        ended: end, length, or cut where it had to end before.
    """

    tokens: list[int] = field(default_factory=list)
    ended: str = ""


@contextmanager
def undisturbed(model: Any) -> Iterator[None]:
    """Let a model answer in the middle of its training, which then goes on as if it had not."""
    cards = [model.device.index or 0] if model.device.type == "cuda" else []
    was_training = model.training
    with torch.random.fork_rng(devices=cards), torch.no_grad():
        model.eval()
        try:
            yield
        finally:
            model.train(was_training)


def greedy_answers(
    model: Any,
    prompts: Sequence[Sequence[int]],
    *,
    max_tokens: int,
    stop_ids: frozenset[int],
    pad_id: int,
    cut: Callable[[], bool],
) -> list[Answer]:
    """Return the likeliest answer to each prompt; all are written at once, in one batch.

    Prompts are padded on the left and the padding is masked.

    Args:
        model: in evaluation mode, without gradients; see :func:`undisturbed`.
        prompts: token ids, (B,) lists.
        max_tokens: longest answer.
        stop_ids: tokens that end an answer.
        pad_id: what fills the shorter prompts; nothing looks at it.
        cut: asked after each token; true ends all answers.
    """
    longest = max(map(len, prompts))
    ids = torch.full((len(prompts), longest), pad_id)
    mask = torch.zeros((len(prompts), longest), dtype=torch.long)
    for i, prompt in enumerate(prompts):
        ids[i, longest - len(prompt) :] = torch.tensor(list(prompt))
        mask[i, longest - len(prompt) :] = 1
    ids, mask = ids.to(model.device), mask.to(model.device)
    positions = (mask.cumsum(1) - 1).clamp(min=0)
    cache = DynamicCache(config=model.config)
    answers = [Answer() for _ in prompts]
    while True:
        chosen = _next(model, ids, mask, positions, cache)
        for answer, token in zip(answers, chosen.tolist(), strict=True):
            _take(answer, token, stop_ids, max_tokens)
        if all(answer.ended for answer in answers):
            return answers
        if cut():
            for answer in answers:
                answer.ended = answer.ended or "cut"
            return answers
        ids = chosen[:, None]
        mask = torch.cat([mask, mask.new_ones(len(answers), 1)], dim=1)
        positions = positions[:, -1:] + 1


def _next(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: DynamicCache
) -> torch.Tensor:
    """Return the likeliest next token of each row, (B,)."""
    output = model(
        input_ids=ids,
        attention_mask=mask,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    chosen: torch.Tensor = output.logits[:, -1].argmax(-1)
    return chosen


def _take(answer: Answer, token: int, stop_ids: frozenset[int], max_tokens: int) -> None:
    """Add a token to an answer that has not ended."""
    if answer.ended:
        return
    if token in stop_ids:
        answer.ended = "end"
        return
    answer.tokens.append(token)
    if len(answer.tokens) >= max_tokens:
        answer.ended = "length"

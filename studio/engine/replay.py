"""General rows that are learned along: how many, which, and the base's own answers to them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch

from studio.core.example import Triple
from studio.core.guardbudget import replay_rows
from studio.engine.render import Renderer
from studio.engine.rowsfile import FrozenRows, TokenRow

ANSWER_TOKENS = 48
"""Longest answer of the base's own; one that goes on is cut at its last sentence."""
_AT_ONCE = 16


def with_replay(
    rows: FrozenRows, general: Sequence[TokenRow], ratio: float, seed: int
) -> FrozenRows:
    """Return the rows of a run with general ones among those that are trained.

    Each general row comes as often as the others, and some once more.
    """
    wanted = replay_rows(len(rows.train), ratio)
    whole, rest = divmod(wanted, len(general))
    some = random.Random(seed).sample(list(general), rest)
    return replace(rows, train=[*rows.train, *(list(general) * whole), *some])


def answered_by_base(model: Any, renderer: Renderer, rows: Sequence[Triple]) -> list[Triple]:
    """Return the rows with the answers that a model gives to them; greedy, so always the same.

    Args:
        model: the base, before anything is put on it.
        renderer: of that model.
        rows: whose questions are asked; rows without a usable answer are left out.
    """
    prompts = [renderer.prompt_ids(renderer.messages(row)) for row in rows]
    order = sorted(range(len(rows)), key=lambda at: len(prompts[at]))
    answers: dict[int, str] = {}
    for start in range(0, len(order), _AT_ONCE):
        some = order[start : start + _AT_ONCE]
        texts = _generated(model, renderer, [prompts[at] for at in some])
        answers |= dict(zip(some, texts, strict=True))
    made = (replace(row, output=answers[at]) for at, row in enumerate(rows))
    return [row for row in made if row.output]


def _generated(model: Any, renderer: Renderer, prompts: Sequence[list[int]]) -> list[str]:
    from transformers import GenerationConfig  # only runs that ask the base need it

    device = model.get_input_embeddings().weight.device
    longest = max(map(len, prompts))
    ids = torch.full((len(prompts), longest), renderer.pad_id, device=device)
    mask = torch.zeros_like(ids)
    for at, prompt in enumerate(prompts):
        ids[at, longest - len(prompt) :] = torch.tensor(prompt, device=device)
        mask[at, longest - len(prompt) :] = 1
    greedy = GenerationConfig(
        do_sample=False,
        max_new_tokens=ANSWER_TOKENS,
        eos_token_id=sorted(renderer.stop_ids),
        pad_token_id=renderer.pad_id,
        use_cache=True,
    )
    with torch.no_grad():
        whole = model.generate(input_ids=ids, attention_mask=mask, generation_config=greedy)
    return [_text(renderer, row.tolist()) for row in whole[:, longest:]]


def _text(renderer: Renderer, ids: list[int]) -> str:
    end = next((at for at, i in enumerate(ids) if i in renderer.stop_ids), None)
    text = str(renderer.tokenizer.decode(ids[:end], skip_special_tokens=True)).strip()
    if end is not None:
        return text
    cut = max(text.rfind(mark) for mark in (". ", ".\n", "! ", "? ", "\n"))
    return text[: cut + 1].strip() if cut > 0 else ""

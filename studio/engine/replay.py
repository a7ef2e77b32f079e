"""General rows that are learned along: how many, which, and the base's own answers to them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from studio.core.example import Triple
from studio.core.guardbudget import replay_rows
from studio.engine.greedy import Answer, greedy_answers, undisturbed
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
        with undisturbed(model):
            written = greedy_answers(
                model,
                [prompts[at] for at in some],
                max_tokens=ANSWER_TOKENS,
                stop_ids=renderer.stop_ids,
                cut=lambda: False,
            )
        answers |= {at: _text(renderer, answer) for at, answer in zip(some, written, strict=True)}
    made = (replace(row, output=answers[at]) for at, row in enumerate(rows))
    return [row for row in made if row.output]


def _text(renderer: Renderer, answer: Answer) -> str:
    text = str(renderer.tokenizer.decode(answer.tokens, skip_special_tokens=True)).strip()
    if answer.ended == "end":
        return text
    cut = max(text.rfind(mark) for mark in (". ", ".\n", "! ", "? ", "\n"))
    return text[: cut + 1].strip() if cut > 0 else ""

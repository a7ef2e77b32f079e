"""How the next token is drawn."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sampler:
    """Settings of an answer; the same in every column.

    Attributes:
        seed: of the draw; the same seed draws the same answer.
        temperature: 0 always takes the likeliest token.
        top_p: share of the probability that is drawn from.
        max_new_tokens: where an answer is cut.
    """

    seed: int = 42
    temperature: float = 0.0  # a comparison that anyone can repeat, and kinder to small models
    top_p: float = 0.9
    max_new_tokens: int = 256

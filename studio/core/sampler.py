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
        top_k: so many of the likeliest tokens are drawn from; 0 for all.
        repetition: above 1, tokens that were there before are less likely.
        stop: texts that end an answer.
    """

    seed: int = 42
    temperature: float = 0.0  # a comparison that anyone can repeat, and kinder to small models
    top_p: float = 0.9
    max_new_tokens: int = 256
    top_k: int = 0
    repetition: float = 1.0
    stop: tuple[str, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The settings that have an effect, each in its words."""
        found = ["Greedy: always the likeliest token"]  # seed and shares change nothing then
        if self.temperature > 0:
            found = [f"Seed {self.seed}", f"Temperature {self.temperature:g}"]
            found.append(f"top-p {self.top_p:g}")
            found += [f"top-k {self.top_k}"] if self.top_k else []
        if self.repetition > 1:
            found.append(f"Repetition {self.repetition:g}")
        found.append(f"up to {self.max_new_tokens:,} tokens")
        if self.stop:
            found.append("stops at " + ", ".join(repr(text) for text in self.stop))
        return tuple(found)

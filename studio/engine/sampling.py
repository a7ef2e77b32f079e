"""How the next token is chosen from the logits of the last position."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from studio.core.problems import EngineError


@dataclass(frozen=True, slots=True)
class Sampler:
    """How the next token is chosen.

    Attributes:
        temperature: 0 takes the likeliest token.
        top_p: the likeliest tokens that together have this probability are in the draw.
        seed: of each answer's own random numbers.
        top_k: so many of the likeliest tokens are in the draw; 0 for all.
        repetition: above 1, tokens that were there before are less likely.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 42
    top_k: int = 0
    repetition: float = 1.0


def rarer(logits: torch.Tensor, before: set[int], penalty: float) -> torch.Tensor:
    """Return logits in which tokens that were there before are less likely.

    Args:
        logits: (V,), of the last position.
        before: vocabulary ids.
        penalty: above 1; positive logits are divided by it, negative ones multiplied.

    Source: Keskar et al. 2019, CTRL, 4.1.
    """
    made = logits.float().clone()
    seen = torch.tensor(sorted(before), device=logits.device)
    found = made[seen]
    made[seen] = torch.where(found > 0, found / penalty, found * penalty)
    return made


def draw(
    logits: torch.Tensor, temperature: float, top_p: float, drawn: float, *, top_k: int = 0
) -> int:
    """Return the token that a random number picks.

    Args:
        logits: (V,), of the last position.
        temperature: above 0; higher is more even.
        top_p: share of the probability that is in the draw, likeliest tokens first.
        drawn: from 0 to 1, evenly distributed.
        top_k: so many of the likeliest tokens are in the draw; 0 for all.

    Source: Holtzman et al. 2020, The Curious Case of Neural Text Degeneration, 3.1.
    """
    likeliest(logits)  # refuses numbers that are not finite
    probabilities = torch.softmax(logits.float() / temperature, dim=-1)
    ordered, tokens = probabilities.sort(descending=True, stable=True)
    heights = ordered.double().cumsum(0)
    inside = int((heights - ordered < top_p).sum()) if top_p < 1 else len(heights)
    heights = heights[: max(min(inside, top_k or inside), 1)]
    place = int(torch.searchsorted(heights, drawn * heights[-1], right=True))
    return int(tokens[min(place, len(heights) - 1)])


def likeliest(logits: torch.Tensor) -> torch.Tensor:
    """Return the likeliest tokens of logits, (..., V) to (...).

    Raises:
        EngineError: the numbers are not finite.
    """
    values, tokens = logits.max(dim=-1)
    if not torch.isfinite(values).all():
        raise EngineError(
            "The model's numbers are not finite, so it has no answer.",
            "Choose an earlier checkpoint, or load the model in another precision.",
        )
    return tokens

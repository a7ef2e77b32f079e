"""The state of chance in this process: what dropout will draw next, on every device."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch


@dataclass(frozen=True, slots=True)
class Chance:
    """The generators' states; opaque."""

    plain: Any
    arrays: Any
    tensors: torch.Tensor
    cards: tuple[torch.Tensor, ...]


def chance_now() -> Chance:
    """Return the state of all generators that training draws from."""
    used = torch.cuda.is_available() and torch.cuda.is_initialized()
    cards = tuple(torch.cuda.get_rng_state_all()) if used else ()
    return Chance(random.getstate(), np.random.get_state(), torch.get_rng_state(), cards)


def go_on_with(chance: Chance) -> None:
    """Let the generators go on from an earlier state."""
    random.setstate(chance.plain)
    np.random.set_state(chance.arrays)
    torch.set_rng_state(chance.tensors)
    if chance.cards:
        torch.cuda.set_rng_state_all(list(chance.cards))


def draw_anew(seed: int, step: int, rank: int) -> None:
    """Make what one of several engines draws in a step a function of these numbers alone.

    So a checkpoint needs no engine's state of chance, and resumes with any number of them.
    """
    torch.manual_seed(random.Random(f"chance {seed} {step} {rank}").getrandbits(63))

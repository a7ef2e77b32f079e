"""What is known of the step that is being taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import torch


class Phase(Enum):
    """Where in a step the trainer is, which says whether its weights may be kept."""

    BETWEEN = 0
    """The weights are those of the last step."""
    GRADIENT = 1
    """So they are, but chance has moved on."""
    MOVING = 2
    """The optimizer moves them."""


@dataclass(slots=True)
class StepFacts:
    """What is known of the step that is being taken."""

    loss: torch.Tensor | float = 0.0
    grad_norm: float = 0.0
    learning_rate: float = 0.0

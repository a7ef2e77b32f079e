"""Messages to and from the trace process: what a step of a recipe would hold, without weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceMemory:
    """Trace one training step of a recipe on a model that need not be here."""

    id: int
    config: dict[str, Any]
    """The object of the model's ``config.json``; whoever asks has checked it."""
    recipe: dict[str, Any]
    device: str
    precision: str
    length: int
    """Tokens of each row."""
    trained_share: float = 1.0
    recompute: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryTraced:
    """What the step would hold, in bytes of tensors; optimizer states are not among them."""

    id: int
    resting_bytes: int
    """Weights and branch."""
    saved_bytes: int
    """What the forward pass leaves for the backward pass."""
    peak_bytes: int
    """The most at once, gradients and all of the above included."""
    at: str
    """The operation at the peak."""
    trained: int = 0
    """Numbers that are trained."""
    weights: int = 0
    """Numbers in the base model."""
    seconds: float = 0.0

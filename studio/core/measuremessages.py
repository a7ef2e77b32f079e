"""Messages to and from the measuring process: real steps of a recipe on its longest rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureMemory:
    """Take two training steps and one evaluation step of a recipe; nothing of them is kept."""

    id: int
    workspace: str
    """Folder of the workspace, for its datasets and models."""
    recipe: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryMeasured:
    """What the steps took; sizes in bytes, 0 where the system does not tell.

    On a card the process's share is what NVML says of it; on a processor all sizes are of resident
    memory.
    """

    id: int
    device: str
    """"cpu" or "cuda:0", with the name of the processor or card."""
    precision: str
    counted: str
    """What peak_bytes is: nvml, reserved (by torch, and the context beside it) or resident."""
    peak_bytes: int
    """The most the process held, from loading to the end."""
    loading_bytes: int
    """The most while the model was loaded."""
    training_bytes: int
    evaluation_bytes: int
    """The most while held-out rows were evaluated; 0 without any."""
    allocated_bytes: int = 0
    """The most torch gave to tensors; on a card only."""
    reserved_bytes: int = 0
    """The most torch took from the card."""
    process_bytes: int = 0
    """What NVML says this process has on the card."""
    step_seconds: float = 0.0
    """Of the second step; the first one also builds what later ones find."""
    step_tokens: int = 0
    """Non-padding tokens of that step."""
    rows: int = 0
    """Sequences of a step, the longest of the dataset."""
    longest_tokens: int = 0
    """The longest of them."""
    trained_share: float = 1.0
    """Of their tokens, those that the loss looks at."""
    grad_accum: int = 1
    """Micro-batches of the measured step; the recipe may have more, which take no more memory."""
    seconds: float = 0.0


MEASURE_MESSAGES = (MeasureMemory, MemoryMeasured)

"""What takes less memory and trains the same: asked for when memory ran out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.core.capabilities import CAPABILITIES
from studio.core.memory import keeps_activations
from studio.core.recipe import Recipe


@dataclass(frozen=True, slots=True)
class SaferPlan:
    """Changes of a recipe's settings, and a sentence that says what they mean."""

    changes: dict[str, Any]
    reason: str


def safer_plan(started: Recipe, now: Recipe, device: str) -> SaferPlan | None:
    """Return the next plan to try; None when nothing is left that trains the same.

    Fewer rows go through the model at once, in more micro-batches; then activations are
    recomputed, then what is kept of them waits in RAM.

    Args:
        started: the recipe as the run was started, which says what a step learns from.
        now: as it is carried out.
        device: what it trains on; "cpu", or a card.
    """
    if now.micro_batch > 1:
        micro = -(-now.micro_batch // 2)
        pieces = -(-started.micro_batch // micro)
        accumulated = started.grad_accum * pieces
        a_step = started.micro_batch * started.grad_accum
        return SaferPlan(
            {"micro_batch": micro, "grad_accum": accumulated},
            f"{_counted(micro, 'sequence')} at once in {_counted(accumulated, 'micro-batch', 'es')} "
            f"a step: every step still learns from {a_step}.",
        )
    if not CAPABILITIES[now.method].checkpointing:
        return None
    if keeps_activations(now, device):
        return SaferPlan(
            {"checkpointing": "on"},
            "Activations are recomputed: far less memory, about a quarter slower, the same result.",
        )
    if now.checkpoint_every > 1:
        return SaferPlan(
            {"checkpoint_every": 1}, "Every layer is recomputed: less memory, the same result."
        )
    if device != "cpu" and now.checkpointing != "offload":
        return SaferPlan(
            {"checkpointing": "offload"},
            "What is kept for recomputing waits in RAM: less memory on the card, slower.",
        )
    return None


def _counted(n: int, what: str, plural: str = "s") -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}{plural}"

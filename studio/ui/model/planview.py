"""What the plan card shows, as values: the verdict in words and the parts of the bar."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.memory import PARTS, Estimate, verdict
from studio.core.units import GIB, gib
from studio.machine.devices import Memory
from studio.ui.widgets.memoryparts import MemoryPart, MemoryPlan

NAMED_HOLDERS = 2
"""Other processes that get a part of their own; the rest is one part."""
SMALL = 64 * 1024**2
"""Bytes under which another process is not worth a part."""
LOOK: dict[str, tuple[str, str, str]] = {
    "weights_quantized": ("Frozen", "Weights, 4-bit", "weights"),
    "weights_other": ("Frozen", "Embeddings", "embeddings"),
    "adapter": ("Living", "Adapter", "adapter"),
    "gradients": ("Living", "Gradients", "gradients"),
    "optimizer": ("Living", "Optimizer", "optimizer"),
    "activations": ("Passing", "Saved activations", "activations"),
    "layer": ("Passing", "Layer working set", "working"),
    "head": ("Passing", "Head and loss", "head"),
    "buffers": ("Fixed", "Buffers", "buffers"),
    "context": ("Fixed", "CUDA context", "context"),
}
"""Family, name and colour token of each part of an estimate."""
_BITS = {"nf4": "4-bit", "fp4": "4-bit", "int8": "8-bit"}


@dataclass(frozen=True, slots=True)
class Prospect:
    """A prediction beside what is free.

    Attributes:
        memory: the pool that the run would use; None before the machine was read.
        ours_back: bytes that a process of ours would give up before a run.
        quantization: how the recipe stores the base.
        number: what the rest is computed in, such as "bf16".
        only_estimated: the model cannot be trained here.
        traced: the figures are those of a trace, which does not tell weights apart.
    """

    estimate: Estimate
    memory: Memory | None
    quantization: str
    number: str
    device: str
    ours_back: int = 0
    traced: bool = False
    only_estimated: bool = False

    @property
    def free_bytes(self) -> int:
        """What a run could take."""
        return self.memory.free_bytes + self.ours_back if self.memory else 0

    @property
    def verdict(self) -> str:
        """Return fits, tight or no; empty before the machine was read."""
        return verdict(self.estimate, self.free_bytes) if self.memory else ""

    @property
    def headline(self) -> str:
        """Return the verdict as the card's title."""
        spare = self.free_bytes - self.estimate.total_bytes
        if self.only_estimated and self.verdict:
            if self.verdict == "no":
                return f"Would not fit: {gib(-spare)} too much"
            return f"Would fit, with {gib(max(spare, 0))} to spare"
        match self.verdict:
            case "fits":
                return f"Fits, with {gib(spare)} to spare"
            case "tight":
                return f"Tight, with {gib(max(spare, 0))} to spare"
            case "no":
                return f"Does not fit: {gib(-spare)} too much"
        return f"Takes about {gib(self.estimate.total_bytes)}"

    def plan(self) -> MemoryPlan:
        """Return the bar: others first, then ours in the order of the families."""
        estimate = self.estimate
        others = self._others()
        before = sum(part.gib for part in others)
        parts = (*others, *(self._part(name) for name in PARTS if estimate.parts[name]))
        total = self.memory.total_bytes if self.memory else estimate.high_bytes
        low, high = (round(side / GIB, 3) for side in (estimate.low_bytes, estimate.high_bytes))
        return MemoryPlan(parts, round(total / GIB, 2), (before + low, before + high))

    def _part(self, name: str) -> MemoryPart:
        family, words, tone = LOOK[name]
        if name == "weights_quantized":
            words = f"Weights, {_BITS[self.quantization]}"
        elif name == "weights_other" and self.traced:
            words, tone = "Weights", "weights"
        elif name == "weights_other":
            what = "Weights" if self.quantization == "none" else "Embeddings"
            words = f"{what}, {'32' if self.number == 'fp32' else '16'}-bit"
            tone = "weights" if self.quantization == "none" else tone
        elif name == "context" and self.device == "cpu":
            words = "Python and torch"
        size = round(self.estimate.parts[name] / GIB, 3)
        return MemoryPart(family, words, tone, size, self.estimate.formulas[name])

    def _others(self) -> tuple[MemoryPart, ...]:
        """Return what the run cannot have: named processes on a card, one part for RAM."""
        if self.memory is None:
            return ()
        taken = max(self.memory.total_bytes - self.free_bytes, 0)
        named = [h for h in self.memory.holders if not h.ours and (h.bytes or 0) >= SMALL]
        parts = [_other(h.name, h.bytes or 0) for h in named[:NAMED_HOLDERS]]
        rest = taken - sum(holder.bytes or 0 for holder in named[:NAMED_HOLDERS])
        if rest >= SMALL:
            parts.append(_other("Other programs" if not parts else "The rest", rest))
        return tuple(parts)


def _other(name: str, size: int) -> MemoryPart:
    return MemoryPart("Others", name, "others", round(size / GIB, 2), "in use now")

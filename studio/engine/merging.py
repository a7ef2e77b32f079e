"""An adapter added into the weights of its base, and what becomes of its answers by that.

Letters: T tokens of an answer, V vocabulary, m and n the sides of a weight.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from peft.tuners.lora import LoraLayer
from peft.utils.integrations import dequantize_module_weight

from studio.engine.adapterfile import AdapterFile


@dataclass(frozen=True, slots=True)
class Rounding:
    """What rounding again did to an adapter's change, over all weights together.

    Attributes:
        size: of the rounding, relative to that of the change.
        left: share of the change that is in the weights.
    """

    size: float
    left: float


def why_not_merged(adapter: AdapterFile) -> str:
    """Return why an adapter is not merged here; empty if it can be."""
    if adapter.method == "LORA":
        return ""
    return (
        f"An adapter of the kind {adapter.method} is not merged here: only LoRA's change is a "
        "matrix that can be added to a weight."
    )


@torch.no_grad()
def merge(wrapped: Any) -> tuple[Any, Rounding | None]:
    """Add an adapter's change into the weights it stands on.

    A weight of 4 or 8 bits is unpacked, changed and rounded again, which loses a part of the
    change. How much is told relative to the change, over all weights together.

    Args:
        wrapped: PEFT's wrapper with the adapter on; of no use afterwards.

    Returns:
        The bare model, merged; and what rounding did to the change, None where weights are not
        rounded or the change is none that is added.
    """
    changed = lost = left = 0.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that merging rounds, which is what is measured here
        for layer in wrapped.modules():
            if not isinstance(layer, LoraLayer) or not hasattr(layer, "base_layer"):
                continue
            delta, wanted = _wanted(layer)
            layer.merge()
            if wanted is not None:
                gap = dequantize_module_weight(layer.get_base_layer()).float() - wanted
                changed += float(delta.square().sum())
                lost += float(gap.square().sum())
                left += float(((gap + delta) * delta).sum())
        merged = wrapped.merge_and_unload().eval()
    return merged, Rounding((lost / changed) ** 0.5, left / changed) if changed else None


def _wanted(layer: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Return a layer's change and the weight it should come to, (m, n) each; None if not known."""
    base = layer.get_base_layer()
    plain = type(getattr(base, "weight", None)).__name__ in ("Params4bit", "Int8Params")
    if not plain or len(layer.active_adapters) != 1 or getattr(layer, "lora_variant", {}):
        return torch.empty(0), None
    delta = layer.get_delta_weight(layer.active_adapters[0]).float()
    return delta, dequantize_module_weight(base).float() + delta


@torch.no_grad()
def merged_weight(layer: LoraLayer) -> torch.Tensor | None:
    """Return the weight that a layer of few bits should come to, (m, n); None if not known."""
    return _wanted(layer)[1]


@torch.inference_mode()
def foretold(model: Any, prompt: Sequence[int], answer: Sequence[int]) -> torch.Tensor:
    """Return the log-probabilities with which a model foretells each token of an answer, (T, V).

    Kept in half precision on the CPU: they are compared with another model's later.
    """
    ids = torch.tensor([[*prompt, *answer[:-1]]], device=model.device)
    logits = model(input_ids=ids, use_cache=False, logits_to_keep=len(answer)).logits[0]
    return F.log_softmax(logits.float(), dim=-1).half().cpu()


def agreement(one: Sequence[torch.Tensor], other: Sequence[torch.Tensor]) -> tuple[float, float]:
    """Return how far two models foretell the same.

    Args:
        one: log-probabilities of the first, (T, V) each.
        other: those of the second, at the same places.

    Returns:
        Share of places with the same likeliest token; mean KL divergence of the second from the
        first, in nats.
    """
    same = places = 0
    nats = 0.0
    for ours, theirs in zip(one, other, strict=True):
        same += int((ours.argmax(-1) == theirs.argmax(-1)).sum())
        places += len(ours)
        first, second = ours.float(), theirs.float()
        nats += float((first.exp() * (first - second)).sum())
    return same / max(places, 1), max(nats / max(places, 1), 0.0)

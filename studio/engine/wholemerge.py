"""An adapter in weights of 16 bits each, for as long as the model is compared: what an export keeps.

Letters: m and n the sides of a weight.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import torch
from peft.tuners.lora import LoraLayer
from torch import nn

from studio.core.units import gib
from studio.engine.merging import merged_weight

_KEPT = torch.bfloat16
_SPARE = 1.2
"""Of the memory that is needed, as much is asked for: answers take some too."""


def why_not_whole(wrapped: Any) -> str:
    """Return why the change is not tried in 16 bits, which there is too little memory for, or ""."""
    layers = [layer for _, _, layer in _layers(wrapped.get_base_model())]
    numbers = sum(layer.in_features * layer.out_features for layer in layers)
    device = next(wrapped.parameters()).device
    needed = int(numbers * _bytes_of(layers) * _SPARE)
    free = psutil.virtual_memory().available
    if device.type == "cuda":
        free = torch.cuda.mem_get_info(device)[0]
    if needed <= free:
        return ""
    return f"In 16 bits the weights need {gib(needed)} of memory for a moment, and {gib(free)} is free."


@contextmanager
def merged_whole(wrapped: Any) -> Iterator[Any]:
    """Give the base with an adapter's change in weights of 16 bits; then it is as it was.

    Only the layers that the adapter changes stand in 16 bits; the others are unpacked by an export
    without any loss, so that they answer the same in either form.

    Args:
        wrapped: PEFT's wrapper with the adapter on.
    """
    model = wrapped.get_base_model()
    found = _layers(model)
    try:
        for parent, name, layer in found:
            setattr(parent, name, _merged(layer))
        yield model
    finally:
        for parent, name, layer in found:
            setattr(parent, name, layer)


def is_rounded(wrapped: Any) -> bool:
    """Return whether the adapter stands on weights of few bits, which merging rounds again."""
    layers = [layer for _, _, layer in _layers(wrapped.get_base_model())]
    return bool(layers) and all(merged_weight(layer) is not None for layer in layers[:1])


def _layers(model: nn.Module) -> list[tuple[nn.Module, str, Any]]:
    """Return the layers with an adapter: whose part each is, under which name, and the layer."""
    return [
        (parent, name, layer)
        for parent in model.modules()
        for name, layer in parent.named_children()
        if isinstance(layer, LoraLayer) and hasattr(layer, "base_layer")
    ]


def _bytes_of(layers: list[Any]) -> int:
    """Return the bytes of a number as it is computed with."""
    dtype = getattr(layers[0].get_base_layer(), "compute_dtype", None) if layers else None
    return max(2, dtype.itemsize) if dtype is not None else 4


@torch.no_grad()
def _merged(layer: Any) -> nn.Linear:
    """Return a plain layer with the change in its weight, (m, n), rounded to 16 bits."""
    base = layer.get_base_layer()
    weight = merged_weight(layer)
    assert weight is not None
    dtype = getattr(base, "compute_dtype", None) or _KEPT
    made = nn.Linear(layer.in_features, layer.out_features, bias=False, device="meta")
    made.weight = nn.Parameter(weight.to(_KEPT).to(dtype), requires_grad=False)
    made.bias = base.bias
    return made

"""Predicted memory of a run, part by part, from a model's shape and a recipe; no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTS = (
    "weights_quantized",
    "weights_other",
    "adapter",
    "gradients",
    "optimizer",
    "activations",
    "layer",
    "head",
    "buffers",
    "context",
)


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A decoder's dimensions; enough to count its weights and activations."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocab: int
    tied: bool
    context: int = 0
    family: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """The predicted peak of the process; sizes in bytes.

    Attributes:
        parts: every name of PARTS with its size; they add up to total_bytes.
        formulas: how each part was found, as shown to the user.
    """

    parts: Mapping[str, int]
    formulas: Mapping[str, str]
    low_bytes: int
    total_bytes: int
    high_bytes: int


def verdict(estimate: Estimate, free_bytes: int) -> str:
    """Return "fits" if the high end is at most what is free, "tight" if only the middle, else "no"."""
    if estimate.high_bytes <= free_bytes:
        return "fits"
    return "tight" if estimate.total_bytes <= free_bytes else "no"

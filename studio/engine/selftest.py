"""Proves at load that the base column is the base: the adapter is shaken, the base must not move."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from studio.engine.columns import Switch

_LIMITS = {"fp32": 1e-4, "bf16": 1e-2, "fp16": 1e-2}
"""Of the base row's logits: largest difference allowed, in standard deviations of the logits."""
_SHAKE = 0.05
"""Standard deviation of what is added to the adapter's weights."""


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What the self-test found.

    Attributes:
        proven: the base column is the base model.
        line: the result as one line.
    """

    proven: bool
    line: str


@torch.inference_mode()
def prove_base(
    model: Any,
    switch: Switch,
    name: str,
    adapter: Sequence[torch.Tensor],
    prompt: list[int],
    precision: str,
) -> SelfTest:
    """Compare the base row before and while the adapter's weights are changed.

    A fresh adapter changes nothing and would pass every comparison; hence the noise. Its weights
    are the same bits afterwards.

    Args:
        model: the causal language model, with the adapter's layers in it.
        switch: decides which rows are adapted.
        name: of the adapter inside the model.
        adapter: its weights.
        prompt: token ids to compare on.
        precision: bf16, fp16 or fp32; sets what counts as the same.
    """
    ids = torch.tensor([prompt, prompt], device=model.device)
    plain, _ = _rows(model, switch, ids, "")
    base, answer = _rows(model, switch, ids, name)
    with _shaken(adapter):
        base_shaken, answer_shaken = _rows(model, switch, ids, name)
    moved = max(_distance(base, plain), _distance(base_shaken, plain))
    return _judged(moved, _distance(answer_shaken, answer), _LIMITS[precision])


def _judged(moved: float, answered: float, limit: float) -> SelfTest:
    """Return what it means that the base row moved so far, and the adapted one."""
    if not moved <= limit:
        return SelfTest(
            False,
            f"The base column moves with the adapter: {moved:.2g} where {limit:g} is allowed.",
        )
    if not answered > 10 * limit:
        return SelfTest(False, f"Changing the adapter does not change its column: {answered:.2g}.")
    return SelfTest(
        True,
        f"Base logits moved by {moved:.2g} and the adapter's by {answered:.2g} standard deviations "
        "while the adapter was changed.",
    )


def _rows(
    model: Any, switch: Switch, ids: torch.Tensor, name: str
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the logits (T, V) of the base row and of the row that an adapter may work on."""
    if switch.mixed:
        switch.adapt(["", name])
        logits = model(input_ids=ids, use_cache=False).logits.float()
        return logits[0], logits[1]
    switch.adapt([""])
    base = model(input_ids=ids[:1], use_cache=False).logits.float()[0]
    if not name:
        return base, base
    switch.adapt([name])
    return base, model(input_ids=ids[:1], use_cache=False).logits.float()[0]


def same_logits(one: torch.Tensor, other: torch.Tensor, precision: str) -> bool:
    """Return whether logits are the same within what the precision allows."""
    return _distance(one.float(), other.float()) <= _LIMITS[precision]


def _distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Return the largest difference, in standard deviations of the second."""
    return float((one - other).abs().max() / other.std())


@contextmanager
def _shaken(weights: Sequence[torch.Tensor]) -> Iterator[None]:
    """Add noise to weights and put their very bits back afterwards."""
    kept = [weight.detach().clone() for weight in weights]
    noise = torch.Generator().manual_seed(0)
    try:
        for weight in weights:
            change = torch.randn(weight.shape, generator=noise) * _SHAKE
            weight.detach().add_(change.to(weight.device, weight.dtype))
        yield
    finally:
        for weight, before in zip(weights, kept, strict=True):
            weight.detach().copy_(before)

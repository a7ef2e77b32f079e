"""LoRA layers as one step forward and one back: the same function as PEFT's, with less traffic.

PEFT's layer clones the base's output, widens the input to fp32 and adds in three passes. Here the
branch is added in place, in the base's precision, and the branch's weights stay in fp32.

Letters: M tokens of a micro-batch, i inputs, o outputs, r rank.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import torch
from peft.tuners.lora.layer import Linear, LoraLayer

Weight = Callable[[], torch.Tensor]
"""Returns the base's weight (o, i) in the precision of the step."""


def join_branches(model: torch.nn.Module) -> int:
    """Give each plain LoRA layer on a linear base the joint forward; return how many got it.

    Layers with dropout, with variants such as DoRA, or on a base of another kind stay PEFT's own.
    """
    joined = 0
    for layer in model.modules():
        if isinstance(layer, LoraLayer) and _is_plain(layer) and (weight := _weight_of(layer)):
            layer.forward = types.MethodType(_forward(layer.forward, weight), layer)
            joined += 1
    return joined


def _forward(original: Any, weight: Weight) -> Any:
    def forward(self: Any, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        if self.disable_adapters or self.merged or args or kwargs:
            result: torch.Tensor = original(x, *args, **kwargs)
            return result
        (name,) = self.active_adapters
        joined: torch.Tensor = _Joined.apply(  # type: ignore[no-untyped-call]
            x,
            self.lora_A[name].weight,
            self.lora_B[name].weight,
            self.scaling[name],
            weight,
            self.get_base_layer().bias,
        )
        return joined

    return forward


class _Joined(torch.autograd.Function):
    """y = xWᵀ + b + s (xAᵀ)Bᵀ with W frozen."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        a: torch.Tensor,
        b: torch.Tensor,
        scaling: float,
        weight: Weight,
        bias: torch.Tensor | None,
    ) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1])
        base = weight().to(x.dtype)
        inner = flat @ a.to(x.dtype).T
        y = torch.nn.functional.linear(flat, base, None if bias is None else bias.to(x.dtype))
        y.addmm_(inner, b.to(x.dtype).T, alpha=scaling)
        ctx.save_for_backward(flat, inner, a, b)
        ctx.scaling, ctx.weight, ctx.shape = scaling, weight, x.shape
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> tuple[Any, ...]:
        flat, inner, a, b = ctx.saved_tensors
        grad = grads[0].reshape(-1, grads[0].shape[-1])
        grad_inner = grad @ b.to(grad.dtype)
        grad_inner *= ctx.scaling
        grad_b = (inner.T @ grad).T.to(b.dtype) * ctx.scaling  # this way round is faster
        grad_a = (grad_inner.T @ flat).to(a.dtype)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = grad @ ctx.weight().to(grad.dtype)
            grad_x.addmm_(grad_inner, a.to(grad.dtype))
            grad_x = grad_x.view(ctx.shape)
        return grad_x, grad_a, grad_b, None, None, None


def _is_plain(layer: Any) -> bool:
    names = list(layer.lora_A)
    return (
        len(names) == 1
        and not layer.lora_variant
        and not layer.lora_bias.get(names[0], False)
        and isinstance(layer.lora_dropout[names[0]], torch.nn.Identity)
    )


def _weight_of(layer: Any) -> Weight | None:
    """Return how to get the weight of the layer's frozen base; None for other kinds of base."""
    # Seconds, and only quantised bases need it
    from bitsandbytes.functional import dequantize_4bit
    from bitsandbytes.nn.modules import Linear4bit

    base: Any = layer.get_base_layer()
    if isinstance(base, Linear4bit):
        stored: Any = base.weight
        return lambda: dequantize_4bit(stored.data, stored.quant_state)
    if isinstance(layer, Linear) and type(base) is torch.nn.Linear:
        return lambda: base.weight
    return None

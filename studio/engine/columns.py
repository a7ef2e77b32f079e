"""Switches an adapter on for some rows of a batch and off for others.

Rows of a batch that are to be adapted come last, so that "the adapted rows" is one slice.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from peft.tuners.lora import LoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper

BASE = "base"
"""Name of the column without an adapter."""


class Switch(Protocol):
    """What decides which rows of the next forward are adapted."""

    mixed: bool
    """Adapted and base rows may share a batch."""

    def adapt(self, first: int | None) -> None:
        """Adapt the rows from ``first`` on; None adapts none."""


class NoAdapter:
    """The switch of a base that stands alone."""

    mixed = True

    def adapt(self, first: int | None) -> None:
        """Do nothing: there is nothing to switch."""


class RowSwitch:
    """Adapts some rows of a batch: for plain LoRA on linear layers.

    PEFT does the same with ``adapter_names``, by an index per layer and a hook per layer and
    call; a slice costs a third of that, which is what two columns save over two answers.
    """

    mixed = True

    def __init__(self, model: torch.nn.Module, name: str) -> None:
        self.rows: slice | None = slice(0, None)
        for layer in model.modules():
            if isinstance(layer, LoraLayer):
                layer.forward = _Branch(layer, name, self)

    def adapt(self, first: int | None) -> None:
        """Adapt the rows from ``first`` on; None adapts none."""
        self.rows = None if first is None else slice(first, None)


class _Branch:
    """Forward of one LoRA layer: y = W x, and on the adapted rows + B A x · scaling."""

    def __init__(self, layer: Any, name: str, switch: RowSwitch) -> None:
        self._base = layer.base_layer
        self._down = layer.lora_A[name].weight
        self._up = layer.lora_B[name].weight
        self._scaling = layer.scaling[name]
        self._switch = switch

    def __call__(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return the layer's output.

        Args:
            x: (rows, tokens, width).
            args: passed on to the base layer.
            kwargs: passed on to the base layer.
        """
        y: torch.Tensor = self._base(x, *args, **kwargs)
        rows = self._switch.rows
        if rows is not None:
            linear = torch.nn.functional.linear
            down = linear(x[rows].to(self._down.dtype), self._down)
            y[rows] += (linear(down, self._up) * self._scaling).to(y.dtype)
        return y


class PassSwitch:
    """Adapts all rows or none: for methods that cannot mix, with a pass for each column."""

    mixed = False

    def __init__(self, model: torch.nn.Module) -> None:
        kinds = (BaseTunerLayer, AuxiliaryTrainingWrapper)
        self._layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, kinds)]

    def adapt(self, first: int | None) -> None:
        """Adapt all rows, which ``first`` must say as 0; None adapts none."""
        for layer in self._layers:
            layer.enable_adapters(first is not None)


def can_mix(model: torch.nn.Module, name: str) -> bool:
    """Return whether :class:`RowSwitch` computes what PEFT does for this adapter."""
    if any(isinstance(module, AuxiliaryTrainingWrapper) for module in model.modules()):
        return False
    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, BaseTunerLayer)]
    return bool(layers) and all(_is_plain(layer, name) for layer in layers)


def _is_plain(layer: Any, name: str) -> bool:
    """Return whether a layer is LoRA on a linear layer and nothing besides."""
    return (
        isinstance(layer, LoraLayer)
        and name in layer.lora_A
        and not layer.lora_variant.get(name)
        and not layer.lora_bias.get(name)
        and _is_matrix(layer.lora_A[name])
    )


def _is_matrix(down: Any) -> bool:
    """Return whether a LoRA half is a linear layer, not a convolution's."""
    return bool(down.weight.ndim == 2)

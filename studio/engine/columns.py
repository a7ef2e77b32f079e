"""Switches adapters on for some rows of a batch and off for others.

Rows of one adapter stand together in a batch, so that "its rows" is one slice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from peft.tuners.lora import LoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from peft.utils.other import AuxiliaryTrainingWrapper

BASE = "base"
"""Name of the column without an adapter."""


class Switch(Protocol):
    """What decides which adapter works on which rows of the next forward."""

    mixed: bool
    """Rows of several adapters and of none may share a batch."""

    def adapt(self, rows: Sequence[str]) -> None:
        """Take what works on each row: the name of an adapter, or "" for none.

        Rows of one adapter stand together.
        """


class NoAdapter:
    """The switch of a base that stands alone."""

    mixed = True

    def adapt(self, rows: Sequence[str]) -> None:
        """Do nothing: there is nothing to switch."""


class RowSwitch:
    """Adapts some rows of a batch: for plain LoRA on linear layers.

    PEFT does the same with ``adapter_names``, by an index per layer and a hook per layer and
    call; a slice costs a third of that, which is what two columns save over two answers.

    Args:
        model: with the adapters' layers in it.
        names: of the adapters inside the model.
    """

    mixed = True

    def __init__(self, model: torch.nn.Module, names: Sequence[str]) -> None:
        self.slices: dict[str, slice] = {names[0]: slice(0, None)}
        for layer in model.modules():
            if isinstance(layer, LoraLayer):
                layer.forward = _Branch(layer, names, self)

    def adapt(self, rows: Sequence[str]) -> None:
        """Take what works on each row."""
        self.slices = {}
        for place, name in enumerate(rows):
            start = self.slices.get(name, slice(place, 0)).start
            if name:
                self.slices[name] = slice(start, place + 1)


class _Branch:
    """Forward of one LoRA layer: y = W x, and on the adapted rows + B A x · scaling."""

    def __init__(self, layer: Any, names: Sequence[str], switch: RowSwitch) -> None:
        self._base = layer.base_layer
        self._branches = [
            (name, layer.lora_A[name].weight, layer.lora_B[name].weight, layer.scaling[name])
            for name in names
            if name in layer.lora_A
        ]
        self._switch = switch

    def __call__(self, x: torch.Tensor, *args: Any, **kwargs: Any) -> torch.Tensor:
        """Return the layer's output.

        Args:
            x: (rows, tokens, width).
            args: passed on to the base layer.
            kwargs: passed on to the base layer.
        """
        y: torch.Tensor = self._base(x, *args, **kwargs)
        linear = torch.nn.functional.linear
        for name, down, up, scaling in self._branches:
            rows = self._switch.slices.get(name)
            if rows is not None:
                narrow = linear(x[rows].to(down.dtype), down)
                y[rows] += (linear(narrow, up) * scaling).to(y.dtype)
        return y


class PassSwitch:
    """Adapts all rows or none: for methods that cannot mix, with a pass for each column."""

    mixed = False

    def __init__(self, model: torch.nn.Module) -> None:
        kinds = (BaseTunerLayer, AuxiliaryTrainingWrapper)
        self._layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, kinds)]
        self._on = ""

    def adapt(self, rows: Sequence[str]) -> None:
        """Take what works on all rows; they must be of one column."""
        name = rows[0]
        for layer in self._layers:
            layer.enable_adapters(bool(name))
            if name and name != self._on:
                layer.set_adapter(name, inference_mode=True)
        self._on = name or self._on


def can_mix(model: torch.nn.Module, names: Sequence[str]) -> bool:
    """Return whether :class:`RowSwitch` computes what PEFT does for these adapters."""
    if any(isinstance(module, AuxiliaryTrainingWrapper) for module in model.modules()):
        return False
    layers: list[Any] = [layer for layer in model.modules() if isinstance(layer, BaseTunerLayer)]
    return bool(layers) and all(_is_plain(layer, names) for layer in layers)


def _is_plain(layer: Any, names: Sequence[str]) -> bool:
    """Return whether a layer is LoRA on a linear layer and nothing besides."""
    if not isinstance(layer, LoraLayer):
        return False
    there = [name for name in names if name in layer.lora_A]
    return bool(there) and not any(
        layer.lora_variant.get(name)
        or layer.lora_bias.get(name)
        or not _is_matrix(layer.lora_A[name])
        for name in there
    )


def _is_matrix(down: Any) -> bool:
    """Return whether a LoRA half is a linear layer, not a convolution's."""
    return bool(down.weight.ndim == 2)

"""Puts a trained adapter on a base in memory, for answering only."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from studio.core.problems import ModelError
from studio.engine.adapterfile import AdapterFile

NAME = "adapted"
"""PEFT's name of the adapter inside the model."""


def put_on(model: Any, adapter: AdapterFile) -> tuple[Any, list[torch.Tensor]]:
    """Return the model with the adapter's layers in it, and the adapter's weights.

    Raises:
        ModelError: the adapter was made for another base.
    """
    import peft
    from safetensors.torch import load_file

    _check_ranks(adapter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names and settings that the user did not choose
        try:
            wrapped = peft.get_peft_model(model, _config(adapter), adapter_name=NAME)
        except (ValueError, TypeError, RuntimeError) as err:
            raise _foreign(adapter, str(err).splitlines()[0]) from err
        _check_shapes(wrapped, adapter)
        peft.set_peft_model_state_dict(wrapped, load_file(adapter.weights), adapter_name=NAME)
    wrapped.eval().requires_grad_(False)
    weights = [w for name, w in wrapped.named_parameters() if f".{NAME}" in name]
    return wrapped.get_base_model(), weights


def _config(adapter: AdapterFile) -> Any:
    import peft

    kinds = {"LORA": peft.LoraConfig, "IA3": peft.IA3Config, "LN_TUNING": peft.LNTuningConfig}
    return kinds[adapter.method](task_type="CAUSAL_LM", inference_mode=True, **adapter.settings)


def _check_ranks(adapter: AdapterFile) -> None:
    """Refuse settings that would take more memory than the file's weights have."""
    if adapter.method != "LORA":
        return
    asked = [adapter.settings.get("r", 8), *adapter.settings.get("rank_pattern", {}).values()]
    there = [min(shape) for name, shape in adapter.shapes.items() if "lora_A" in name and shape]
    if not there or max(asked) > max(there):
        raise ModelError(
            f"The adapter {adapter.folder.name} does not fit its own settings: rank {max(asked)}.",
            "Choose another adapter.",
        )


def _check_shapes(wrapped: Any, adapter: AdapterFile) -> None:
    """Refuse weights that are not, one for one, those that the base has places for."""
    import peft

    places = peft.get_peft_model_state_dict(wrapped, adapter_name=NAME, save_embedding_layers=False)
    wanted = {name: tuple(tensor.shape) for name, tensor in places.items()}
    if wanted == adapter.shapes:
        return
    lost = sorted(wanted.keys() ^ adapter.shapes.keys())
    if lost:
        raise _foreign(adapter, f"{len(lost)} weights have no counterpart, {lost[0]:.120} first")
    name = next(name for name in wanted if wanted[name] != adapter.shapes[name])
    raise _foreign(
        adapter, f"{name:.120} is {adapter.shapes[name]} and the base needs {wanted[name]}"
    )


def _foreign(adapter: AdapterFile, details: str) -> ModelError:
    return ModelError(
        f"The adapter {adapter.folder.name} was made for another base model.",
        "Choose the model that the run was trained on.",
        details=details,
    )

"""Puts a trained adapter on a base in memory, for answering only."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch

from studio.core.problems import ModelError
from studio.engine.adapterfile import AdapterFile

NAME = "adapted"
"""PEFT's name of the adapter inside the model."""


def put_on(
    model: Any, adapters: Sequence[AdapterFile]
) -> tuple[Any, dict[str, list[torch.Tensor]]]:
    """Return the model with the adapters' layers in it, and the weights of each by its name there.

    Raises:
        ModelError: an adapter was made for another base, or does not go with the first.
    """
    wrapped = wrap(model, adapters[0])
    names = {NAME: adapters[0]}
    for number, adapter in enumerate(adapters[1:], 2):
        names[f"{NAME}{number}"] = adapter
        _add(wrapped, f"{NAME}{number}", adapter, adapters[0])
    wrapped.eval().requires_grad_(False)
    weights = {
        name: [w for path, w in wrapped.named_parameters() if name in path.split(".")]
        for name in names
    }
    return wrapped.get_base_model(), weights


def _add(wrapped: Any, name: str, adapter: AdapterFile, first: AdapterFile) -> None:
    """Put a further adapter beside the first."""
    if adapter.method != first.method:
        raise ModelError(
            f"The adapters {first.folder.name} and {adapter.folder.name} are of different kinds "
            "and cannot share a base in memory.",
            "Compare them with the base one after the other.",
        )
    _check_ranks(adapter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as below
        try:
            wrapped.add_adapter(name, _config(adapter))
        except (ValueError, TypeError, RuntimeError) as err:
            raise _foreign(adapter, str(err).splitlines()[0]) from err
        _take_weights(wrapped, name, adapter)


def wrap(model: Any, adapter: AdapterFile) -> Any:
    """Return PEFT's wrapper with the adapter in it; its ``unload`` gives the bare model back.

    Raises:
        ModelError: the adapter was made for another base.
    """
    import peft

    _check_ranks(adapter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names and settings that the user did not choose
        try:
            wrapped = peft.get_peft_model(model, _config(adapter), adapter_name=NAME)
        except (ValueError, TypeError, RuntimeError) as err:
            raise _foreign(adapter, str(err).splitlines()[0]) from err
        _take_weights(wrapped, NAME, adapter)
    return wrapped.eval().requires_grad_(False)


def _take_weights(wrapped: Any, name: str, adapter: AdapterFile) -> None:
    import peft
    from safetensors.torch import load_file

    _check_shapes(wrapped, name, adapter)
    peft.set_peft_model_state_dict(wrapped, load_file(adapter.weights), adapter_name=name)


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


def _check_shapes(wrapped: Any, name: str, adapter: AdapterFile) -> None:
    """Refuse weights that are not, one for one, those that the base has places for."""
    import peft

    places = peft.get_peft_model_state_dict(wrapped, adapter_name=name, save_embedding_layers=False)
    wanted = {name: tuple(tensor.shape) for name, tensor in places.items()}
    if wanted == adapter.shapes:
        return
    lost = sorted(wanted.keys() ^ adapter.shapes.keys())
    if lost:
        raise _foreign(adapter, f"{len(lost)} weights have no counterpart, {lost[0]:.120} first")
    odd = next(weight for weight in wanted if wanted[weight] != adapter.shapes[weight])
    raise _foreign(adapter, f"{odd:.120} is {adapter.shapes[odd]} and the base needs {wanted[odd]}")


def _foreign(adapter: AdapterFile, details: str) -> ModelError:
    return ModelError(
        f"The adapter {adapter.folder.name} was made for another base model.",
        "Choose the model that the run was trained on.",
        details=details,
    )

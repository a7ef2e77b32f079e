"""Lets training go on from an adapter, ours or from elsewhere, after looking at it with suspicion."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from studio.core.problems import ModelError
from studio.engine.adapterfile import AdapterFile, read_adapter

_NAME = "default"
"""PEFT's name of an adapter that it saves without a folder of its own."""


def go_on_from(model: Any, folder: Path, dropout: float) -> Any:
    """Return the model with an adapter's branch on it, in fp32, to be trained on.

    What the adapter is made of comes from its own settings, read by a list of known keys; what of
    them decides about training, such as dropout, comes from the recipe.

    Args:
        model: the base.
        folder: of the adapter, in PEFT's layout.
        dropout: share of the branch left out at random.

    Raises:
        ModelError: it may not be loaded, is of a kind that is not trained here, or is for another
            base.
    """
    import peft
    from safetensors.torch import load_file

    adapter = read_adapter(folder)
    _check_kind(adapter)
    config = peft.LoraConfig(task_type="CAUSAL_LM", lora_dropout=dropout, **adapter.settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about names and settings that the user did not choose
        try:
            wrapped = peft.get_peft_model(model, config, adapter_name=_NAME)
        except (ValueError, TypeError, RuntimeError) as err:
            raise _foreign(adapter, str(err).splitlines()[0]) from err
        places = peft.get_peft_model_state_dict(
            wrapped, adapter_name=_NAME, save_embedding_layers=False
        )
        if {name: tuple(place.shape) for name, place in places.items()} != adapter.shapes:
            raise _foreign(adapter, "its weights are not those that the base has places for")
        peft.set_peft_model_state_dict(wrapped, load_file(adapter.weights), adapter_name=_NAME)
    return wrapped


def _check_kind(adapter: AdapterFile) -> None:
    """Refuse what this version cannot train, and settings that would take more than the file has."""
    other = [name for name in ("use_dora", "modules_to_save") if adapter.settings.get(name)]
    if adapter.method != "LORA" or other:
        kind = f"LoRA with {other[0]}" if adapter.method == "LORA" else adapter.method
        raise ModelError(
            f"Training cannot go on from {adapter.folder.name}: it is {kind}.",
            "Choose a plain LoRA adapter.",
        )
    ranks = [adapter.settings.get("r", 8), *adapter.settings.get("rank_pattern", {}).values()]
    there = [min(shape) for name, shape in adapter.shapes.items() if "lora_A" in name and shape]
    if not there or max(ranks) > max(there):
        raise ModelError(
            f"The adapter {adapter.folder.name} does not fit its own settings: rank {max(ranks)}.",
            "Choose another adapter.",
        )


def _foreign(adapter: AdapterFile, details: str) -> ModelError:
    return ModelError(
        f"The adapter {adapter.folder.name} was made for another base model.",
        "Choose the model that it was trained on.",
        details=details,
    )

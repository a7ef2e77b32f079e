"""An adapter's folder, looked at without loading it: what it is, and whether a base can carry it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.problems import ModelError
from studio.machine.modelgate import read_json
from studio.machine.weightfiles import Tensor, read_tensors

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_PICKLED = ("adapter_model.bin", "adapter_model.pt", "adapter_model.pth")
_CONTINUED = frozenset({"LORA"})
"""PEFT's kinds that training can go on from."""
_BRANCH = re.compile(
    r"(?:base_model\.model\.)?(?P<layer>.+)\.lora_(?P<part>A|B)(?:\.default)?\.weight"
)
_OTHER = "Choose another adapter, or one that was trained here."


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """An adapter on the disk.

    Attributes:
        folder: where it is.
        kind: PEFT's name of it, such as LORA.
        rank: room in its branches.
        alpha: how loudly they speak.
        base: what its maker called the base model; not trusted, and shown as plain text.
        branches: name of each layer with a branch to (outputs, inputs) of the layer.
    """

    folder: Path
    kind: str
    rank: int
    alpha: float
    base: str
    branches: Mapping[str, tuple[int, int]]


def inspect_adapter(folder: Path) -> AdapterInfo:
    """Read an adapter's settings and the header of its weights; loads and runs nothing.

    Raises:
        ModelError: there is no adapter, or training cannot go on from it; the sentence says why.
    """
    _check_files(folder)
    body = _settings(folder)
    if not isinstance(body, dict):
        raise ModelError(f"{CONFIG} of {folder.name} holds no settings.", _OTHER)
    kind = str(body.get("peft_type", ""))[:40]
    if kind not in _CONTINUED:
        raise ModelError(
            f"{folder.name} is an adapter of the kind {kind or 'unknown'}; training goes on from "
            "LoRA alone.",
            _OTHER,
        )
    if body.get("auto_mapping") or body.get("trust_remote_code"):
        raise ModelError(f"{folder.name} asks to run code that comes with it.", _OTHER)
    branches = _branches(folder)
    rank, alpha = body.get("r"), body.get("lora_alpha")
    if not isinstance(rank, int) or not 1 <= rank <= 4096 or not isinstance(alpha, int | float):
        raise ModelError(f"{CONFIG} of {folder.name} has no rank or alpha that can be.", _OTHER)
    there = _ranks(folder)
    if not body.get("rank_pattern") and there != {rank}:
        told = ", ".join(map(str, sorted(there)[:4]))
        raise ModelError(
            f"{folder.name} does not fit its own settings: they say rank {rank}, and its branches "
            f"have rank {told}.",
            _OTHER,
        )
    base = str(body.get("base_model_name_or_path") or "")[:200]
    return AdapterInfo(folder, kind, rank, float(alpha), base, branches)


def require_fit(folder: Path, model_folder: Path) -> None:
    """Refuse an adapter that training cannot go on from on a model.

    Kinds without branches are judged by the engine, when it loads them.

    Raises:
        ModelError: it is none, or the model cannot carry it.
    """
    _check_files(folder)
    body = _settings(folder)
    if isinstance(body, dict) and body.get("peft_type") not in _CONTINUED:
        return
    if why := misfit(inspect_adapter(folder), model_folder):
        raise ModelError(why, "Choose the model that the adapter was trained on.")


def misfit(adapter: AdapterInfo, model_folder: Path) -> str:
    """Return why a model cannot carry an adapter, as a sentence; empty if it can.

    Raises:
        ModelError: the model's weights cannot be read.
    """
    known: dict[str, tuple[int, ...]] = {}
    for path in sorted(model_folder.glob("*.safetensors")):
        known |= {tensor.name: tensor.shape for tensor in read_tensors(path)}
    trained_on = f" It was trained on {Path(adapter.base).name}." if adapter.base else ""
    for layer, (outputs, inputs) in adapter.branches.items():
        shape = _shape(known, layer)
        if shape is None:
            return (
                f"{adapter.folder.name} has a branch at {layer}, a layer that "
                f"{model_folder.name} does not have.{trained_on}"
            )
        if shape != (outputs, inputs):
            return (
                f"{adapter.folder.name} does not fit {model_folder.name}: its branch at {layer} "
                f"is for a layer of {inputs:,} to {outputs:,}, and this one is "
                f"{' to '.join(f'{n:,}' for n in reversed(shape))}.{trained_on}"
            )
    return ""


def _shape(known: Mapping[str, tuple[int, ...]], layer: str) -> tuple[int, ...] | None:
    """Return the shape of a layer's weights, whether the file names its trunk or not."""
    for name in (f"{layer}.weight", f"{layer.removeprefix('model.')}.weight"):
        if name in known:
            return known[name]
    return None


def _check_files(folder: Path) -> None:
    if not folder.is_dir():
        raise ModelError(f"There is no adapter folder {folder}.", "Choose a run that has ended.")
    for name in (CONFIG, WEIGHTS):
        path = folder / name
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise ModelError(f"{name} of {folder.name} is a link that leaves the folder.", _OTHER)
    if (folder / CONFIG).is_file() and (folder / WEIGHTS).is_file():
        return
    if pickled := next((name for name in _PICKLED if (folder / name).exists()), ""):
        raise ModelError(
            f"The adapter's weights are in {pickled}, a format that can run code when opened.",
            "Save the adapter as safetensors where you trust it, then choose it again.",
        )
    missing = CONFIG if (folder / WEIGHTS).is_file() else WEIGHTS
    raise ModelError(f"{folder.name} has no {missing}.", "Choose the folder of a whole adapter.")


def _settings(folder: Path) -> Any:
    try:
        return read_json(folder / CONFIG)
    except ModelError as err:
        raise _broken(folder, err) from err


def _tensors(folder: Path) -> list[Tensor]:
    try:
        return read_tensors(folder / WEIGHTS)
    except ModelError as err:
        raise _broken(folder, err) from err


def _broken(folder: Path, why: ModelError) -> ModelError:
    """Return that an adapter's own file is broken; a model cannot be fetched to mend it."""
    return ModelError(
        f"{folder.name} cannot be used: {why.summary}",
        "Copy the adapter again from where it is whole, or choose another.",
        details=why.details,
    )


def _branches(folder: Path) -> dict[str, tuple[int, int]]:
    halves: dict[str, dict[str, tuple[int, ...]]] = {}
    for tensor in _tensors(folder):
        if found := _BRANCH.fullmatch(tensor.name):
            halves.setdefault(found["layer"], {})[found["part"]] = tensor.shape
    branches = {layer: _sides(parts) for layer, parts in halves.items()}
    whole = {layer: sides for layer, sides in branches.items() if sides is not None}
    if not whole or len(whole) != len(branches):
        raise ModelError(f"{WEIGHTS} of {folder.name} holds no whole LoRA branches.", _OTHER)
    return whole


def _ranks(folder: Path) -> set[int]:
    """Return the ranks that the branches really have."""
    found = ((_BRANCH.fullmatch(t.name), t.shape) for t in _tensors(folder))
    return {int(shape[0]) for match, shape in found if match and match["part"] == "A"}


def _sides(parts: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return outputs and inputs of the layer that two halves of a branch belong to."""
    first, second = parts.get("A", ()), parts.get("B", ())
    if len(first) != 2 or len(second) != 2 or first[0] != second[1]:
        return None
    return int(second[0]), int(first[1])

"""Reads an adapter's folder with suspicion: settings by a list of known keys, weights by name.

PEFT's own loader would build whatever ``adapter_config.json`` asks for, code of its own included.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.problems import ModelError
from studio.engine.modelmanifest import sha256_of
from studio.machine.modelgate import read_json
from studio.machine.weightfiles import read_tensors

CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
_PICKLED = ("adapter_model.bin", "adapter_model.pt", "adapter_model.pth")
_MOST_RANK = 4096
_NAMES = "names of layers"
_KNOWN: dict[str, dict[str, str]] = {
    "LORA": {
        "r": "rank",
        "lora_alpha": "number",
        "target_modules": _NAMES,
        "exclude_modules": _NAMES,
        "modules_to_save": _NAMES,
        "rank_pattern": "numbers by layer",
        "alpha_pattern": "numbers by layer",
        "use_rslora": "true or false",
        "use_dora": "true or false",
        "lora_bias": "true or false",
        "fan_in_fan_out": "true or false",
        "layers_to_transform": "numbers of layers",
    },
    "IA3": {
        "target_modules": _NAMES,
        "feedforward_modules": _NAMES,
        "modules_to_save": _NAMES,
        "exclude_modules": _NAMES,
        "fan_in_fan_out": "true or false",
    },
    "LN_TUNING": {
        "target_modules": _NAMES,
        "modules_to_save": _NAMES,
        "exclude_modules": _NAMES,
    },
}
"""Methods that the chat can hold, their settings that matter, and what each must be."""
_UNUSED = frozenset(
    [
        "base_model_name_or_path",
        "inference_mode",
        "lora_dropout",
        "megatron_core",
        "peft_type",
        "peft_version",
        "qalora_group_size",
        "revision",
        "task_type",
        "bias",
        "init_lora_weights",
        "init_ia3_weights",
    ]
)
"""Settings that change nothing when answering; never passed on."""
_PLAIN_STARTS = (True, False, None, "gaussian", "orthogonal")


@dataclass(frozen=True, slots=True)
class AdapterFile:
    """An adapter on the disk that may be loaded.

    Attributes:
        folder: where it is.
        method: PEFT's name of its kind, such as LORA.
        settings: arguments of that kind's configuration.
        shapes: name of each tensor to its shape.
        sha256: of the weights.
    """

    folder: Path
    method: str
    settings: dict[str, Any]
    shapes: dict[str, tuple[int, ...]]
    sha256: str

    @property
    def weights(self) -> Path:
        """The file with the tensors."""
        return self.folder / WEIGHTS


def read_adapter(folder: Path) -> AdapterFile:
    """Read an adapter's settings and headers; executes nothing and loads no weights.

    Raises:
        ModelError: there is no adapter, or it may not be loaded; the sentence says why.
    """
    weights = _weights(folder)
    body = read_json(folder / CONFIG)
    if not isinstance(body, dict):
        raise _bad(folder, f"{CONFIG} holds no settings")
    method = str(body.get("peft_type", ""))
    if method not in _KNOWN:
        raise ModelError(
            f"The adapter {folder.name} is of the kind {method or 'unknown'!r:.40}, which the chat "
            "cannot hold.",
            f"It can hold {', '.join(_KNOWN)}.",
        )
    settings = _settings(folder, body, _KNOWN[method])
    if body.get("bias", "none") != "none":
        raise _bad(folder, "it changes biases of the base")
    if body.get("init_lora_weights", True) not in _PLAIN_STARTS:
        raise _bad(folder, "it stands on a changed base (init_lora_weights)")
    shapes = {tensor.name: tuple(tensor.shape) for tensor in read_tensors(weights)}
    if not shapes:
        raise _bad(folder, f"{WEIGHTS} is empty")
    return AdapterFile(folder, method, settings, shapes, sha256_of(weights))


def _weights(folder: Path) -> Path:
    """Return the file of the weights, the folder's layout checked."""
    if not folder.is_dir():
        raise ModelError(f"There is no adapter folder {folder}.", "Choose a run that has ended.")
    for name in (CONFIG, WEIGHTS):
        path = folder / name
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise _bad(folder, f"{name} is a link that leaves the folder")
    if (folder / WEIGHTS).is_file() and (folder / CONFIG).is_file():
        return folder / WEIGHTS
    pickled = next((name for name in _PICKLED if (folder / name).exists()), "")
    if pickled:
        raise ModelError(
            f"The adapter's weights are in {pickled}, a format that can run code when opened.",
            "Save the adapter as safetensors where you trust it, then choose it again.",
        )
    missing = CONFIG if (folder / WEIGHTS).is_file() else WEIGHTS
    raise ModelError(f"{folder} has no {missing}.", "Choose the folder of a whole adapter.")


def _settings(folder: Path, body: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    """Return the settings that matter; one that is neither known nor empty is refused."""
    settings = {}
    for key, value in body.items():
        if key in known:
            if not _fits(known[key], value):
                raise _bad(folder, f"{key} is {value!r:.60}, not {known[key]}")
            if value is not None:
                settings[key] = value
        elif key not in _UNUSED and value not in (None, False, "", [], {}):
            raise _bad(folder, f"it asks for {key!r:.60}, which is not allowed here")
    return settings


def _fits(kind: str, value: Any) -> bool:
    if value is None:
        return kind not in ("rank", "number")
    if kind == _NAMES:
        # one text would be a pattern, and patterns can be made to run for ever
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if kind == "numbers by layer":
        return isinstance(value, dict) and all(
            name.replace("_", "").replace(".", "").isalnum() and _is_number(number)
            for name, number in value.items()
        )
    if kind == "numbers of layers":
        many = value if isinstance(value, list) else [value]
        return all(isinstance(number, int) and 0 <= number < 10_000 for number in many)
    if kind == "true or false":
        return isinstance(value, bool)
    return _is_number(value) and (kind != "rank" or 1 <= value <= _MOST_RANK)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e6


def _bad(folder: Path, why: str) -> ModelError:
    return ModelError(
        f"The adapter {folder.name} may not be loaded: {why}.",
        "Choose another adapter, or one that was trained here.",
    )

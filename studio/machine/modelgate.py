"""The gate before a model is loaded: files are listed and read as text, and nothing is executed.

Whatever could run code of the model's own is refused, each kind with its own sentence.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from studio.core.modelshape import FAMILIES
from studio.core.problems import ModelError

PICKLES = frozenset(
    [
        ".bin",
        ".pt",
        ".pth",
        ".ckpt",
        ".pkl",
        ".pickle",
        ".joblib",
        ".npy",
        ".npz",
        ".msgpack",
        ".h5",
    ]
)
CODE = frozenset(
    [".py", ".pyc", ".pyo", ".pyd", ".so", ".dll", ".dylib", ".sh", ".bat", ".exe", ".ipynb"]
)
MAX_JSON = 4_000_000
MAX_FILES = 5_000
_LARGE = frozenset({"tokenizer.json", "vocab.json", "model.safetensors.index.json"})
"""Tables of the tokenizer and the weights; no library reads settings from them."""
_LOADS_CODE = frozenset({"auto_map", "trust_remote_code", "custom_pipelines", "auto_mapping"})
_SWAPS_CODE = frozenset({"kernel", "kernels", "use_kernels", "kernel_config", "tokenizer_kwargs"})
OTHER = "Choose another model, or one in safetensors from a source you trust."


def check_model_files(folder: Path, *, any_kind: bool = False) -> dict[str, Any]:
    """Refuse a folder that could run code or lacks what a model needs; return its config.

    Args:
        folder: of the model.
        any_kind: let kinds pass that cannot be trained here; their memory can be traced.

    Raises:
        ModelError: the reason, and the way out.
    """
    if not folder.is_dir():
        raise ModelError(f"There is no folder {folder}.", "Choose the folder with config.json.")
    files = list(islice(_files(folder), MAX_FILES + 1))
    if len(files) > MAX_FILES:
        raise ModelError(
            f"{folder.name} holds more than {MAX_FILES:,} files.", "Choose the model's own folder."
        )
    for path in files:
        _check_file(folder, path)
    config = _config(folder)
    for path in files:
        if path.suffix == ".json" and path.name not in _LARGE:
            _check_keys(path.name, read_json(path))
    _check_kind(folder, config, any_kind=any_kind)
    _check_needed(folder, {path.name for path in files if path.parent == folder})
    return config


def read_json(path: Path) -> Any:
    """Return what a small JSON file holds.

    Raises:
        ModelError: it is too large, or not JSON.
    """
    try:
        if path.stat().st_size > MAX_JSON:
            raise ModelError(f"{path.name} is larger than a settings file can be.", OTHER)
        return json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as err:
        raise ModelError(
            f"{path.name} is not JSON.", "Fetch the model again.", details=str(err)
        ) from err
    except OSError as err:
        raise ModelError(
            f"{path.name} cannot be read: {err.strerror or err}.", "Check the folder's permissions."
        ) from err


def _files(folder: Path) -> Iterator[Path]:
    """Yield all files and links below a folder, hidden folders such as .git left out."""
    for at, folders, names in os.walk(folder):
        links = [name for name in folders if (Path(at) / name).is_symlink()]
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(at) / name for name in sorted(names) + links)


def _check_file(folder: Path, path: Path) -> None:
    name, suffix = path.relative_to(folder).as_posix(), path.suffix.lower()
    if path.is_symlink() and not path.resolve().is_relative_to(_home(folder)):
        raise ModelError(
            f"{name} is a link that leaves the model's folder.",
            "Copy the files themselves into the folder, then add it again.",
        )
    if suffix in PICKLES:
        raise ModelError(
            f"{name} is in a format that can run code when it is loaded.",
            "Remove it if the folder has safetensors; else choose a model in safetensors.",
        )
    if suffix in CODE:
        raise ModelError(f"{name} is code. Models that bring code are not loaded.", OTHER)


def _home(folder: Path) -> Path:
    """Return the folder that links may point into; the Hub's cache keeps its files beside it."""
    resolved = folder.resolve()
    cache = resolved.parent.parent
    is_snapshot = resolved.parent.name == "snapshots" and cache.name.startswith("models--")
    return cache if is_snapshot else resolved


def _config(folder: Path) -> dict[str, Any]:
    if (folder / "adapter_config.json").exists():
        raise ModelError(
            f"{folder.name} holds an adapter, not a whole model.",
            "Choose the base model's folder; the adapter can be chosen as its start.",
        )
    path = folder / "config.json"
    if not path.is_file():
        raise ModelError(
            f"{folder.name} has no config.json.", "Choose the folder in which config.json lies."
        )
    config = read_json(path)
    if not isinstance(config, dict):
        raise ModelError("config.json holds no settings.", "Fetch the model again.")
    return config


def _check_keys(file: str, body: Any) -> None:
    """Refuse settings with which libraries load code, at any depth."""
    pending = [body]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending += value
        elif isinstance(value, dict):
            pending += value.values()
            for key, held in value.items():
                _check_key(file, key, held)


def _check_key(file: str, key: str, held: Any) -> None:
    if key in _LOADS_CODE and held:
        raise ModelError(
            f"{file} asks to run code that comes with the model ({key}). That is never done.", OTHER
        )
    # A bare true or false is only what older versions noted about themselves.
    if "_attn_implementation" in f"_{key}" and held and not isinstance(held, bool):
        raise ModelError(
            f"{file} chooses its own attention code ({key}), which can be fetched and run.",
            f"Remove {key} from {file} if you trust the model, then add it again.",
        )
    if (key in _SWAPS_CODE or key.startswith("megatron_")) and held:
        raise ModelError(f"{file} replaces parts of the program ({key}).", OTHER)


def _check_kind(folder: Path, config: dict[str, Any], *, any_kind: bool) -> None:
    kind = config.get("model_type")
    if kind not in FAMILIES and not (any_kind and isinstance(kind, str)):
        raise ModelError(
            f"Models of the kind {kind!r:.60} cannot be trained here.",
            f"These can: {', '.join(FAMILIES)}.",
        )
    if config.get("quantization_config"):
        raise ModelError(
            f"The weights of {folder.name} are quantised already.",
            "Choose the original model; it is quantised while it is loaded.",
        )


def _check_needed(folder: Path, names: set[str]) -> None:
    if not ("tokenizer.json" in names or {"vocab.json", "merges.txt"} <= names):
        raise ModelError(
            f"{folder.name} has no tokenizer (tokenizer.json).",
            "Copy the tokenizer's files of the same model into the folder.",
        )
    if any(name.endswith(".safetensors") for name in names):
        return
    if any(name.endswith(".gguf") for name in names):
        raise ModelError(
            f"{folder.name} holds GGUF weights, which are for answering, not for training.",
            "Choose the same model in safetensors.",
        )
    raise ModelError(
        f"{folder.name} has no weights (*.safetensors).",
        "Fetch the model again, or choose another.",
    )

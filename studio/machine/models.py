"""Models on this computer: what a folder holds, judged before anything in it is loaded."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.modelshape import FAMILIES, ModelShape, shape_from_config
from studio.core.problems import ModelError
from studio.core.workspace import Workspace
from studio.machine.hubcache import LABEL, cached_folders, folder_name, in_cache
from studio.machine.modelgate import check_model_files, read_json
from studio.machine.remembered import remembered_folders
from studio.machine.weightfiles import AGAIN, Tensor, read_tensors

STARTER = "SmolLM2-135M-Instruct"
STARTER_BYTES = 271_000_000
"""Size of its download, roughly."""
MANIFEST = "graft.json"
INDEX = "model.safetensors.index.json"
_TEMPLATES = (
    ("<|im_start|>", "ChatML"),
    ("<|start_header_id|>", "Llama 3"),
    ("<start_of_turn>", "Gemma"),
    ("[INST]", "Mistral"),
    ("<|user|>", "Phi"),
)
_LICENCES = {
    "apache-2.0": "Apache-2.0",
    "mit": "MIT",
    "llama3": "Llama 3 Community",
    "llama3.1": "Llama 3.1 Community",
    "llama3.2": "Llama 3.2 Community",
    "llama3.3": "Llama 3.3 Community",
    "gemma": "Gemma",
    "other": "see the model's README",
}
_LICENCE_LINE = re.compile(r"^license:\s*[\"']?([\w.+-]{1,40})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model folder that may be loaded.

    Attributes:
        parameters: weights in all, counted from the files' headers.
        dtype: what most of the weights are stored in, such as "bf16".
        size_bytes: of all files of the folder on the disk.
        licence: as the model's own files name it; empty if they do not.
        template_family: "ChatML", "Llama 3", ... or "own" for one we have no name for.
        context: longest sequence in tokens that the model was made for; 0 if it is not said.
        label: how the weights came to be, such as "from 4-bit weights"; may be empty.
    """

    name: str
    folder: Path
    shape: ModelShape
    parameters: int
    dtype: str
    size_bytes: int
    licence: str = ""
    has_template: bool = False
    template_family: str = ""
    context: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class RefusedModel:
    """A model folder that may not be loaded, and why.

    Attributes:
        config: its settings, if only its kind cannot be trained here: its memory can be estimated.
    """

    folder: Path
    problem: ModelError
    config: Mapping[str, Any] | None = None


def inspect_model(folder: Path) -> ModelInfo:
    """Judge a model folder and say what it holds; reads settings and headers only.

    Raises:
        ModelError: it may not be loaded; the sentence says why and what to do.
    """
    folder = folder.expanduser()
    config = check_model_files(folder)
    shape = shape_from_config(config)
    tensors = _weights(folder)
    _check_against(shape, tensors)
    stored: Counter[str] = Counter()
    for tensor in tensors:
        stored[tensor.dtype] += tensor.size
    template, manifest = own_template_text(folder), _manifest(folder)
    return ModelInfo(
        name=folder_name(folder) or folder.resolve().name,
        folder=folder,
        shape=shape,
        parameters=stored.total(),
        dtype=stored.most_common(1)[0][0],
        size_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        licence=_licence(folder, manifest),
        has_template=bool(template),
        template_family=template_family(template),
        context=shape.context,
        label=_line(manifest.get("label", "")) or (LABEL if in_cache(folder) else ""),
    )


def list_models(workspace: Workspace) -> list[ModelInfo]:
    """Return the models of a workspace that may be loaded, smallest first."""
    return look_at_models(workspace)[0]


def look_at_models(workspace: Workspace) -> tuple[list[ModelInfo], list[RefusedModel]]:
    """Return the models of a workspace, smallest first, and the folders that were refused."""
    good: list[ModelInfo] = []
    refused: list[RefusedModel] = []
    for folder in model_folders(workspace):
        try:
            good.append(inspect_model(folder))
        except ModelError as problem:
            refused.append(RefusedModel(folder, problem, _of_another_kind(folder)))
    for folder in cached_folders():
        with suppress(ModelError):  # what others keep there is no model of ours to complain of
            good.append(inspect_model(folder))
    return sorted(good, key=lambda info: (info.parameters, info.name)), refused


def _of_another_kind(folder: Path) -> dict[str, Any] | None:
    """Return the config of a model whose only fault is a kind that cannot be trained here."""
    with suppress(ModelError):
        config = check_model_files(folder, any_kind=True)
        if config["model_type"] not in FAMILIES and _weights(folder):
            return config
    return None


def model_folders(workspace: Workspace) -> list[Path]:
    """Return the folders that count as models: those fetched and those added by the user."""
    fetched = (
        path
        for path in sorted(workspace.models.glob("*"))
        if path.is_dir() and not path.name.startswith(".")
    )
    return [*fetched, *remembered_folders(workspace)]


def resolve_model(workspace: Workspace, name_or_path: str) -> Path:
    """Return the folder meant by a model's name in the workspace, "starter", or a path.

    Raises:
        ModelError: there is no such model; names near it are told.
    """
    name = STARTER if name_or_path == "starter" else name_or_path
    folders = [*model_folders(workspace), *cached_folders()]
    known = {folder_name(folder): folder for folder in reversed(folders)}
    if name in known:
        return known[name]
    path = Path(name).expanduser()
    if name and path.is_dir():
        return path.resolve()
    near = difflib.get_close_matches(name, list(known), n=1)
    if near:
        hint = f"Did you mean {near[0]}?"
    elif name == STARTER or not known:
        hint = "Fetch one with graft-studio models fetch starter."
    else:
        hint = f"There are: {', '.join(sorted(known))}."
    raise ModelError(f"There is no model {name!r}." if name else "No model is chosen.", hint)


def _weights(folder: Path) -> list[Tensor]:
    """Return the tensors of all weight files; an index must name files that are there."""
    files = sorted(folder.glob("*.safetensors"))
    index = folder / INDEX
    if index.is_file():
        body = read_json(index)
        table = body.get("weight_map") if isinstance(body, dict) else None
        if not isinstance(table, dict):
            raise ModelError(f"{INDEX} names no weights.", "Fetch the model again.")
        for name in sorted({str(file) for file in table.values()}):
            if folder / name not in files:
                raise ModelError(f"{name:.80} is missing.", "Fetch the model again.")
    return [tensor for path in files for tensor in read_tensors(path)]


def _check_against(shape: ModelShape, tensors: list[Tensor]) -> None:
    """Refuse weights that are not those of the config."""
    if not tensors:
        raise ModelError("The weight files hold no weights.", AGAIN)
    for tensor in tensors:
        wanted = (shape.vocab, shape.hidden)
        if tensor.name.endswith("embed_tokens.weight") and tensor.shape != wanted:
            raise ModelError(
                f"config.json says {wanted[0]:,} × {wanted[1]:,} embeddings, the weights are "
                f"{' × '.join(f'{side:,}' for side in tensor.shape)}.",
                "Fetch the model again; the files do not belong together.",
            )


def own_template_text(folder: Path) -> str:
    """Return the text of the chat template that a model comes with; of several the first.

    Raises:
        ModelError: the tokenizer's settings cannot be read.
    """
    own = folder / "chat_template.jinja"
    if own.is_file():
        return own.read_text("utf-8", "replace")
    settings = folder / "tokenizer_config.json"
    found: Any = None
    if settings.is_file():
        body = read_json(settings)
        found = body.get("chat_template") if isinstance(body, dict) else None
    if isinstance(found, list) and found and isinstance(found[0], dict):
        found = found[0].get("template")
    return found if isinstance(found, str) else ""


def template_family(template: str) -> str:
    """Return what a chat template's turns look like: "ChatML", ...; "own" has no name here."""
    if not template:
        return ""
    return next((name for mark, name in _TEMPLATES if mark in template), "own")


def _manifest(folder: Path) -> dict[str, Any]:
    """Return what the fetch of this model wrote down; empty for a folder of the user's."""
    path = folder / MANIFEST
    body = read_json(path) if path.is_file() else None
    return body if isinstance(body, dict) else {}


def _licence(folder: Path, manifest: dict[str, Any]) -> str:
    if named := _line(manifest.get("licence", "")):
        return named
    readme = folder / "README.md"
    if not readme.is_file():
        return ""
    with readme.open("r", encoding="utf-8", errors="replace") as file:
        found = _LICENCE_LINE.search(file.read(20_000))
    return _LICENCES.get(found[1].lower(), found[1]) if found else ""


def _line(text: Any) -> str:
    """Return foreign text as one short line."""
    return " ".join(str(text).split())[:80]

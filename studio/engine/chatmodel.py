"""One base in memory with an adapter on it, ready to answer in both columns."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import torch

from studio.core.problems import StudioError
from studio.core.protocol import LoadChat
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.adapterfile import read_adapter
from studio.engine.adapterload import NAME, put_on
from studio.engine.columns import BASE, NoAdapter, PassSwitch, RowSwitch, Switch, can_mix
from studio.engine.load import Base, linear4bit_layers, load_base
from studio.engine.modelmanifest import read_manifest, sha256_of
from studio.engine.render import Renderer
from studio.engine.selftest import SelfTest, prove_base

_HASHED_WHOLE = 4_000_000_000
"""Bytes; of larger models only headers and sizes are hashed, which takes no time."""
_PACKED_ROWS = 32
"""Rows of a 4-bit weight that the fast CPU layout keeps together."""
_DEFAULT_CONTEXT = 4096


@dataclass(slots=True)
class ChatModel:
    """What the chat process holds.

    Attributes:
        base: the base and what it really is.
        model: the causal language model, with the adapter's layers in it.
        switch: decides which rows are adapted.
        renderer: turns a prompt into tokens as training did.
        columns: name of each column, the base first, and whether it is adapted.
        self_test: whether the base column is the base.
        warnings: sentences for the user.
    """

    base: Base
    model: Any
    switch: Switch
    renderer: Renderer
    columns: dict[str, bool]
    self_test: SelfTest
    adapter_hash: str = ""
    base_hash: str = ""
    template_same: bool = True
    warnings: list[str] = field(default_factory=list)

    @property
    def context(self) -> int:
        """Longest sequence in tokens."""
        return int(getattr(self.model.config, "max_position_embeddings", 0) or _DEFAULT_CONTEXT)

    @property
    def memory_bytes(self) -> int:
        """Memory that is taken now: the card's, or the process's on a CPU."""
        if self.base.device != "cpu":
            return int(torch.cuda.memory_reserved())
        return int(psutil.Process().memory_info().rss)


def load_chat(request: LoadChat) -> ChatModel:
    """Load what a request asks for and prove that the base column is the base.

    Raises:
        StudioError: the model, the adapter or the run cannot be used.
    """
    folder = Path(request.model)
    adapter = read_adapter(Path(request.adapter)) if request.adapter else None
    run = RunFolder(Path(request.run)) if request.run else None
    recipe = read_recipe(run.recipe) if run else Recipe()
    renderer = Renderer(folder, recipe.template, recipe.system_prompt)
    base = load_base(folder, _as_recipe(request))
    model, weights = base.model, list[torch.Tensor]()
    switch: Switch = NoAdapter()
    if adapter:
        model, weights = put_on(base.model, adapter)
        switch = RowSwitch(model, NAME) if can_mix(model, NAME) else PassSwitch(model)
    model.eval()
    model.config.use_cache = True
    if switch.mixed:
        _pack_for_speed(model, base)
    chat = ChatModel(
        base=base,
        model=model,
        switch=switch,
        renderer=renderer,
        columns={BASE: False} | ({_column(request): True} if adapter else {}),
        self_test=SelfTest(False, "There is no adapter: the base answers alone."),
        adapter_hash=adapter.sha256 if adapter else "",
        base_hash=base_hash(folder),
    )
    if adapter:
        prompt = renderer.prompt_ids([{"role": "user", "content": "Who are you?"}])
        chat.self_test = prove_base(model, switch, weights, prompt, base.precision)
    _compare_with_run(chat, folder, run)
    if not switch.mixed:
        chat.warnings.append(
            f"{adapter.method if adapter else ''} cannot share a batch with its base: the columns "
            "are written in two passes, which takes twice as long."
        )
    return chat


def _as_recipe(request: LoadChat) -> Recipe:
    """Return the part of a recipe that loading needs."""
    return Recipe(
        model=request.model,
        quantization=request.quantization,
        double_quant=request.double_quant,
        precision=request.precision,
        device=request.device,
    )


def _column(request: LoadChat) -> str:
    """Return the adapted column's name: the run's id, or the adapter's folder."""
    name = Path(request.run or request.adapter).resolve().name
    return name if name not in ("", BASE) else f"{name}-adapter"


def _pack_for_speed(model: Any, base: Base) -> None:
    """Let bitsandbytes use its fast 4-bit layout, twice as fast on CPUs with AVX512-BF16.

    It computes in bf16 whatever it is given, so a base in fp32 stays as it is; and it takes only
    weights whose sides divide evenly. It loses gradients, which nobody here needs.
    """
    if base.precision != "bf16" or base.device != "cpu":
        return
    able = torch.cpu.get_capabilities().get("avx512_bf16")
    for layer in linear4bit_layers(model):
        state = layer.weight.quant_state
        rows, width = state.shape
        even = rows % _PACKED_ROWS == 0 and width % state.blocksize == 0
        layer.support_avx512bf16_for_cpu = bool(able) and even


def _compare_with_run(chat: ChatModel, folder: Path, run: RunFolder | None) -> None:
    """Say where the chat is not what the run was trained with."""
    if run is None:
        return
    trained = _template_of(run)
    if trained and trained != chat.renderer.template_hash:
        chat.template_same = False
        chat.warnings.append("The chat template is not the one that the run was trained with.")
    try:
        origin = json.loads(run.origin.read_text("utf-8"))
        model = Path(str(origin["model"]))
    except (OSError, ValueError, KeyError, TypeError):
        chat.warnings.append("The run does not say which model it was trained on.")
        return
    if model.name != folder.resolve().name:
        chat.warnings.append(f"The run was trained on {model.name}, not on {folder.name}.")


def _template_of(run: RunFolder) -> str:
    """Return the hash of the template that the run's rows were rendered with; empty if unknown."""
    try:
        with pa.memory_map(str(run.tokens)) as file:
            told = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException):
        return ""
    return str(told.get(b"template_hash", b"").decode("ascii", "replace"))


def base_hash(folder: Path) -> str:
    """Return what tells a base's weights from others: SHA-256 over its weight files.

    Of models over 4 GB only headers and sizes are read; their hash starts with "headers:".
    """
    files = sorted(folder.glob("*.safetensors"))
    manifest = read_manifest(folder)
    known = manifest.files if manifest else {}
    whole = sum(path.stat().st_size for path in files) <= _HASHED_WHOLE
    digest = hashlib.sha256()
    for path in files:
        size = path.stat().st_size
        if known.get(path.name, {}).get("size") == size:
            mark = str(known[path.name]["sha256"])
        else:
            mark = sha256_of(path) if whole else f"{size}:{_header_hash(path)}"
        digest.update(f"{path.name}\0{mark}\n".encode())
    return ("" if whole else "headers:") + digest.hexdigest()


def _header_hash(path: Path) -> str:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        return hashlib.sha256(file.read(min(length, 100_000_000))).hexdigest()


def unexpected(err: BaseException) -> StudioError:
    """Return the sentence for an error of a library while loading or answering."""
    text = f"{type(err).__name__}: {err}"
    if isinstance(err, MemoryError) or "out of memory" in text.lower():
        return StudioError(
            "There is not enough memory for this.",
            "Close other programs, ask for a shorter answer, or choose 4-bit quantization.",
            details=text,
        )
    first = (str(err).strip().splitlines() or [""])[0][:300]
    return StudioError(
        f"The chat failed: {type(err).__name__}: {first}",
        "Load the model again; if it fails again, copy the details into a report.",
        details=text,
    )

"""One base in memory with an adapter on it, ready to answer in both columns."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import torch

from studio.core.problems import EngineError, StudioError
from studio.core.protocol import LoadChat
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.adapterfile import AdapterFile, read_adapter
from studio.engine.adapterload import put_on
from studio.engine.columns import BASE, NoAdapter, PassSwitch, RowSwitch, Switch, can_mix
from studio.engine.explain import is_memory_short
from studio.engine.load import Base, linear4bit_layers, load_base
from studio.engine.modelmanifest import read_manifest, sha256_of
from studio.engine.render import Renderer
from studio.engine.runproof import adapter_words, differences, same_template
from studio.engine.selftest import SelfTest, prove_base

_HASHED_WHOLE = 4_000_000_000
"""Bytes; of larger models only headers and sizes are hashed, which takes no time."""
_PACKED_ROWS = 32
"""Rows of a 4-bit weight that the fast CPU layout keeps together."""
_DEFAULT_CONTEXT = 4096
MOST_COLUMNS = 4
"""More cannot be read side by side."""
_TIMES = {2: ("two", "twice"), 3: ("three", "three times"), 4: ("four", "four times")}


@dataclass(slots=True)
class ChatModel:
    """What the chat process holds.

    Attributes:
        base: the base and what it really is.
        model: the causal language model, with the adapter's layers in it.
        switch: decides which rows are adapted.
        renderer: turns a prompt into tokens as training did.
        columns: the columns by name, the base first: the adapter's name inside the model, or "".
        self_test: whether the base column is the base.
        identities: of the adapted columns, as ``ChatLoaded`` tells them.
        warnings: sentences for the user.
    """

    base: Base
    model: Any
    switch: Switch
    renderer: Renderer
    columns: dict[str, str]
    self_test: SelfTest
    adapter_hash: str = ""
    base_hash: str = ""
    template_same: bool = True
    warnings: list[str] = field(default_factory=list)
    identities: list[dict[str, Any]] = field(default_factory=list)

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
        StudioError: the model, an adapter or a run cannot be used.
    """
    folder = Path(request.model)
    wanted = _wanted(request)
    adapters = [read_adapter(Path(one.adapter)) for one in wanted]
    run = wanted[0].run if wanted else None
    recipe = read_recipe(run.recipe) if run else Recipe()
    renderer = Renderer(folder, recipe.template, recipe.system_prompt)
    base = load_base(folder, _as_recipe(request))
    model, weights = base.model, dict[str, list[torch.Tensor]]()
    switch: Switch = NoAdapter()
    if adapters:
        model, weights = put_on(base.model, adapters)
        names = list(weights)
        switch = RowSwitch(model, names) if can_mix(model, names) else PassSwitch(model)
    model.eval()
    model.config.use_cache = True
    if switch.mixed:
        pack_for_speed(model, base)
    chat = ChatModel(
        base=base,
        model=model,
        switch=switch,
        renderer=renderer,
        columns={BASE: ""} | {one.name: at for one, at in zip(wanted, weights, strict=True)},
        self_test=SelfTest(False, "There is no adapter: the base answers alone."),
        adapter_hash=adapters[0].sha256 if adapters else "",
        base_hash=base_hash(folder),
    )
    _prove(chat, wanted, adapters, weights)
    _compare_with_runs(chat, folder, wanted)
    if not switch.mixed:
        chat.warnings.append(_passes(adapters[0].method, len(chat.columns)))
    return chat


def _passes(method: str, columns: int) -> str:
    passes, times = _TIMES[columns]
    return (
        f"{method} cannot share a batch with its base: the columns are written in "
        f"{passes} passes, which takes {times} as long."
    )


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An adapted column that is asked for."""

    name: str
    adapter: str
    run: RunFolder | None


def _wanted(request: LoadChat) -> list[_Wanted]:
    """Return the adapted columns of a request, under names that differ.

    Raises:
        EngineError: there are too many.
    """
    asked = [{"adapter": request.adapter, "run": request.run}, *request.others]
    found: list[_Wanted] = []
    for one in asked if request.adapter else []:
        adapter, run = str(one.get("adapter", "")), str(one.get("run", ""))
        name = str(one.get("name", "")) or Path(run or adapter).resolve().name
        taken = {"", BASE, *(other.name for other in found)}
        while name in taken:
            name = f"{name or 'adapter'}-{len(found) + 1}"
        found.append(_Wanted(name, adapter, RunFolder(Path(run)) if run else None))
    if len(found) >= MOST_COLUMNS:
        raise EngineError(
            f"{len(found) + 1} columns were asked for; at most {MOST_COLUMNS} fit side by side.",
            "Take one away.",
        )
    return found


def _prove(
    chat: ChatModel,
    wanted: list[_Wanted],
    adapters: list[AdapterFile],
    weights: dict[str, list[torch.Tensor]],
) -> None:
    """Prove each adapter's column beside the base; the chat's own test is the first that fails."""
    if not wanted:
        return
    prompt = chat.renderer.prompt_ids([{"role": "user", "content": "Who are you?"}])
    tests = [
        prove_base(chat.model, chat.switch, at, tensors, prompt, chat.base.precision)
        for at, tensors in weights.items()
    ]
    chat.self_test = next((test for test in tests if not test.proven), tests[0])
    for one, adapter, test in zip(wanted, adapters, tests, strict=True):
        chat.identities.append(
            {
                "name": one.name,
                "adapter": one.adapter,
                "adapter_hash": adapter.sha256,
                "proven": test.proven,
                "self_test": test.line,
                "template_same": True,
            }
        )


def _as_recipe(request: LoadChat) -> Recipe:
    """Return the part of a recipe that loading needs."""
    return Recipe(
        model=request.model,
        quantization=request.quantization,
        double_quant=request.double_quant,
        precision=request.precision,
        device=request.device,
    )


def pack_for_speed(model: Any, base: Base) -> None:
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


def _compare_with_runs(chat: ChatModel, folder: Path, wanted: list[_Wanted]) -> None:
    """Say where the chat is not what the runs were trained with."""
    template = chat.renderer.template_hash
    for one, identity in zip(wanted, chat.identities, strict=True):
        about = f"{one.name}: " if len(wanted) > 1 else ""
        if one.run is None:
            continue
        adapter, sha256 = Path(one.adapter), str(identity["adapter_hash"])
        identity["hash_same"] = not adapter_words(one.run, adapter, sha256)
        identity["template_same"] = same_template(one.run, template)
        chat.template_same = chat.template_same and identity["template_same"]
        found = differences(one.run, adapter, sha256, folder, template)
        chat.warnings += [f"{about}{words}" for words in found]


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
    if is_memory_short(err):
        return StudioError(
            "There is not enough memory for this.",
            "Close other programs, or ask for a shorter answer, fewer columns or a shorter question.",
            details=text,
        )
    first = (str(err).strip().splitlines() or [""])[0][:300]
    return StudioError(
        f"The chat failed: {type(err).__name__}: {first}",
        "Load the model again; if it fails again, copy the details into a report.",
        details=text,
    )

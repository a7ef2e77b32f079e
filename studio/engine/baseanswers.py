"""Keeps what a base makes of general questions, so that later runs need not ask it again.

One file a block of questions; its name is a hash over all that the numbers depend on, so that what
is read is, bit for bit, what the base would say.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from studio.core.recipe import Recipe
from studio.engine.proberows import Block
from studio.machine.modelmark import model_mark

MOST_BYTES = 64 << 20
"""Of all files; the oldest go first."""
_STATES, _SECONDS = "states", "seconds"
_LIBRARIES = ("torch", "transformers", "bitsandbytes")
_SETTINGS = ("quantization", "double_quant", "precision", "method", "attention", "layers")


class BaseAnswers:
    """The base's states on blocks of questions, kept in a folder of the workspace.

    What cannot be read or written is asked again, which costs time and nothing else.

    Args:
        folder: where they are kept; made when it is needed.
        mark: what tells the base, with all that its numbers depend on; empty keeps nothing.
    """

    def __init__(self, folder: Path, mark: str) -> None:
        self._folder, self._mark = folder, mark

    def find(self, block: Block) -> tuple[torch.Tensor, float] | None:
        """Return what :meth:`keep` was given, the states on the processor; None if that is not kept."""
        try:
            held = load_file(self._path(block)) if self._mark else {}
        except (OSError, SafetensorError):
            return None
        whole = set(held) == {_STATES, _SECONDS} and len(held[_STATES]) == len(block.places)
        if not whole:
            return None
        # Copied to where tensors lie by themselves: a product's last bit depends on its alignment
        return held[_STATES].clone(), float(held[_SECONDS])

    def keep(self, block: Block, states: torch.Tensor, seconds: float) -> None:
        """Keep the base's states on a block, (N, d), and how long it took; the oldest make room."""
        size = states.numel() * states.element_size()
        if not self._mark or size > MOST_BYTES:
            return
        path = self._path(block)
        staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            held = {_STATES: states.detach().cpu().contiguous(), _SECONDS: torch.tensor(seconds)}
            save_file(held, staged)
            staged.replace(path)
            self._make_room()
        except OSError:
            staged.unlink(missing_ok=True)

    def _make_room(self) -> None:
        found = [(path.stat(), path) for path in self._folder.glob("*.safetensors")]
        total = sum(facts.st_size for facts, _ in found)
        for facts, path in sorted(found, key=lambda one: one[0].st_mtime_ns):
            if total <= MOST_BYTES:
                return
            path.unlink(missing_ok=True)
            total -= facts.st_size

    def _path(self, block: Block) -> Path:
        digest = hashlib.sha256(self._mark.encode())
        for part in (block.beginning, block.ids, block.places):
            digest.update(f"{tuple(part.shape)}".encode() + part.numpy().tobytes())
        return self._folder / f"{digest.hexdigest()}.safetensors"


def base_mark(model: Path, recipe: Recipe, device: torch.device) -> str:
    """Return a hash over all that the numbers of a base depend on; empty if it cannot be told.

    Args:
        model: folder of the base.
        recipe: how it is loaded.
        device: where it is.
    """
    weights = model_mark(model)
    if not weights:
        return ""
    plain = recipe.to_mapping()
    computer = [str(device.type), torch.get_num_threads(), torch.backends.cpu.get_cpu_capability()]
    if device.type == "cuda":
        computer = [torch.cuda.get_device_name(device)]
    body = [weights, {name: plain.get(name) for name in _SETTINGS}, computer]
    body.append({name: version(name) for name in _LIBRARIES})
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()

"""Examines this computer: what works for training, what does not, and what to do about it.

Nothing here asks the network.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import logging
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from studio import __version__
from studio.core.problems import StudioError
from studio.core.protocol import Check
from studio.core.units import GIB, gib
from studio.core.workspace import Workspace
from studio.engine.replypipe import ReplyPipe
from studio.machine.cards import NO_CARD
from studio.machine.devices import MachineReading, read_machine
from studio.machine.disk import free_bytes
from studio.machine.models import STARTER, inspect_model
from studio.machine.places import default_workspace

GOOD, WARN, BAD = "good", "warn", "bad"
FLOORS = {
    "torch": (2, 10),
    "transformers": (5, 3),
    "peft": (0, 21),
    "bitsandbytes": (0, 50),
    "accelerate": (1, 10),
    "datasets": (4, 5),
    "safetensors": (0, 6),
    "huggingface_hub": (1, 0),
    "jinja2": (3, 1, 6),
    "gguf": (0, 17),
}
"""Oldest versions that work, and that lack no fix of a known hole."""
_CUDA_HINT = (
    "Install the CUDA build of torch into this environment: pytorch.org, Get started, gives the "
    "line for your system."
)


def main(argv: Sequence[str]) -> int:
    """Examine everything and tell each finding on stdout as it comes."""
    parser = argparse.ArgumentParser(prog="studio.engine doctor")
    parser.add_argument("--workspace", type=Path, default=None)
    args = parser.parse_args(argv)
    with ReplyPipe() as pipe:
        for check in examine(Workspace(args.workspace or default_workspace())):
            pipe.send(check)
    return 0


def examine(workspace: Workspace) -> Iterator[Check]:
    """Yield one finding after the other; the quick ones first."""
    reading = read_machine()
    for name, examined in (
        ("versions", versions),
        ("card", lambda: card(reading)),
        ("memory", lambda: memory(reading)),
        ("disk", lambda: disk(workspace)),
        ("starter model", lambda: starter(workspace)),
        ("network", network),
        ("torch", lambda: torch_build(reading)),
        ("bitsandbytes", bitsandbytes_build),
        ("4-bit training", training),
    ):
        yield _examined(name, examined)


def _examined(name: str, examined: Callable[[], Check]) -> Check:
    """Carry out one examination; one that breaks is a finding too."""
    try:
        return examined()
    except StudioError as problem:
        return Check(id=0, name=name, level=BAD, summary=problem.summary, hint=problem.hint)
    except Exception as err:  # noqa: BLE001 - whatever a broken installation raises is the finding
        first = (str(err).strip().splitlines() or [""])[0][:200]
        return Check(
            id=0,
            name=name,
            level=BAD,
            summary=f"It failed: {type(err).__name__}: {first}",
            hint="Install Graft Studio again into a fresh environment.",
            facts={"details": str(err)[-2000:]},
        )


def versions() -> Check:
    """Look for the packages that engines need, and for versions that are too old."""
    found: dict[str, Any] = {"graft-studio": __version__, "python": platform.python_version()}
    wrong = []
    for name, floor in FLOORS.items():
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
            wrong.append(f"{name} is missing")
            continue
        if _numbers(found[name]) < floor:
            wrong.append(f"{name} {found[name]} is older than {'.'.join(map(str, floor))}")
    if wrong:
        return Check(
            id=0,
            name="versions",
            level=BAD,
            summary=f"{'; '.join(wrong)}.",
            hint="Install Graft Studio again into a fresh environment.",
            facts=found,
        )
    summary = f"Python {found['python']}, torch {found['torch']}, peft {found['peft']}."
    return Check(id=0, name="versions", level=GOOD, summary=summary, facts=found)


def _numbers(version: str) -> tuple[int, ...]:
    """Return the leading numbers of a version: (2, 13, 0) of 2.13.0+cpu."""
    parts = version.split("+")[0].split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def card(reading: MachineReading) -> Check:
    """Look for an NVIDIA card and its driver."""
    if reading.gpu is None:
        return Check(
            id=0,
            name="card",
            level=WARN,
            summary=reading.note or NO_CARD,
            hint="Small models train on the processor; larger ones need a card."
            if not reading.trouble
            else "Start the doctor again when that is mended.",
        )
    gpu = reading.gpu
    facts = {"name": gpu.name, "total_bytes": gpu.total_bytes, "free_bytes": gpu.free_bytes}
    summary = f"{gpu.name}, {gib(gpu.free_bytes)} of {gib(gpu.total_bytes)} free."
    if gpu.others_bytes > 0.25 * gpu.total_bytes:
        return Check(
            id=0,
            name="card",
            level=WARN,
            summary=summary,
            hint="Other programs hold much of the card; close them before a large run.",
            facts=facts,
        )
    return Check(id=0, name="card", level=GOOD, summary=summary, facts=facts)


def memory(reading: MachineReading) -> Check:
    """Judge the free RAM."""
    free = reading.ram_available
    level = BAD if free < GIB else WARN if free < 4 * GIB else GOOD
    return Check(
        id=0,
        name="memory",
        level=level,
        summary=f"{gib(free)} of {gib(reading.ram_total)} RAM free.",
        hint="" if level == GOOD else "Close other programs before a run.",
        facts={"total_bytes": reading.ram_total, "free_bytes": free},
    )


def disk(workspace: Workspace) -> Check:
    """Judge the free room where the workspace is."""
    free = free_bytes(workspace.path)
    level = BAD if free < GIB else WARN if free < 10 * GIB else GOOD
    return Check(
        id=0,
        name="disk",
        level=level,
        summary=f"{gib(free)} free for {workspace.path}.",
        hint="" if level == GOOD else "Free some room, or choose a workspace on another disk.",
        facts={"free_bytes": free, "workspace": str(workspace.path)},
    )


def starter(workspace: Workspace) -> Check:
    """Look for the starter model in the workspace."""
    folder = workspace.model(STARTER)
    if not folder.is_dir():
        return Check(
            id=0,
            name="starter model",
            level=WARN,
            summary=f"{STARTER} is not in the workspace.",
            hint="Fetch it with graft-studio models fetch starter.",
        )
    info = inspect_model(folder)
    label = f", {info.label}" if info.label else ""
    return Check(
        id=0,
        name="starter model",
        level=GOOD,
        summary=f"{STARTER} is here{label}.",
        facts={"path": str(folder), "label": info.label},
    )


def network() -> Check:
    """Say that engines are offline; nothing is tried."""
    offline = os.environ.get("HF_HUB_OFFLINE") == "1"
    return Check(
        id=0,
        name="network",
        level=GOOD if offline else WARN,
        summary="Engines run offline; only a fetch that you ask for uses the network."
        if offline
        else "This engine was started without HF_HUB_OFFLINE, so its libraries may go online.",
        hint="" if offline else "Start engines through Graft Studio.",
        facts={"offline": offline},
    )


def torch_build(reading: MachineReading) -> Check:
    """Compare torch's build with what the computer has."""
    import torch  # seconds; the quick findings are told by now

    facts = {
        "version": torch.__version__,
        "cuda": torch.version.cuda,
        "threads": torch.get_num_threads(),
        "bf16": bool(torch.cpu.get_capabilities().get("avx512_bf16")),
    }
    has_card = reading.gpu is not None or bool(reading.trouble)
    level, hint = GOOD, ""
    if torch.cuda.is_available():
        summary = f"torch {torch.__version__} computes on {torch.cuda.get_device_name(0)}."
    elif not has_card:
        summary = f"torch {torch.__version__} computes on the processor."
    elif torch.version.cuda is None:
        level, hint = WARN, _CUDA_HINT
        summary = f"torch {torch.__version__} is a CPU build: it cannot use the card."
    else:
        level, hint = BAD, "Update the NVIDIA driver, or install a torch for an older CUDA."
        summary = f"torch is built for CUDA {torch.version.cuda} but finds no card it can use."
    return Check(id=0, name="torch", level=level, summary=summary, hint=hint, facts=facts)


def bitsandbytes_build() -> Check:
    """Quantise a few weights to NF4 and back."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses a package nobody needs
    import bitsandbytes
    import torch
    from bitsandbytes.functional import dequantize_4bit, quantize_4bit

    device = "cuda" if torch.cuda.is_available() else "cpu"
    weights = torch.linspace(-1, 1, 4096, device=device).reshape(64, 64)
    packed, state = quantize_4bit(weights, quant_type="nf4", compress_statistics=True)
    error = float((dequantize_4bit(packed, state) - weights).abs().max())
    good = error < 0.2
    return Check(
        id=0,
        name="bitsandbytes",
        level=GOOD if good else BAD,
        summary=f"bitsandbytes {bitsandbytes.__version__} quantises to 4 bits on {device}."
        if good
        else f"bitsandbytes {bitsandbytes.__version__} gives wrong numbers: off by {error:.2g}.",
        hint="" if good else "Install another version of bitsandbytes.",
        facts={"largest_error": error},
    )


def training() -> Check:
    """Take a real training step on a tiny model in 4 bits."""
    from studio.engine.trialstep import trial_step  # torch and peft: seconds

    found = trial_step()
    if found.fault:
        return Check(
            id=0,
            name="4-bit training",
            level=BAD,
            summary=found.fault,
            hint="Copy the report and send it; training with quantization none may still work.",
            facts=found.facts,
        )
    return Check(
        id=0,
        name="4-bit training",
        level=GOOD,
        summary=f"A QLoRA step works on {found.facts['device']}: loss "
        f"{found.facts['loss']:.2f}, gradient {found.facts['grad_norm']:.2f}.",
        facts=found.facts,
    )

"""A tiny model that has learned to answer the general questions, so that it can forget them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROUNDS = 6
RATE = 5e-3


def schooled_once(tiny: Path, root: Path) -> Path:
    """Return the folder of the model; it is trained by the first process that asks.

    Args:
        tiny: folder of the model that knows nothing.
        root: where all processes of the tests look.
    """
    from filelock import FileLock

    folder = root / "schooled"
    with FileLock(root / "schooled.lock", timeout=300):
        if not folder.is_dir():
            staged = root / f"schooled.{os.getpid()}"
            _school(Path(shutil.copytree(tiny, staged)))
            staged.replace(folder)
    return folder


def _school(folder: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from studio.core.probes import bundled_probes
    from studio.engine.answerstates import AnswerStates
    from studio.engine.proberows import ask_probes, blocks_of, in_order
    from studio.engine.render import Renderer

    model, renderer = AutoModelForCausalLM.from_pretrained(folder), Renderer(folder)
    asked = in_order(ask_probes(renderer, bundled_probes(), 128), 0)
    optimizer, answers = torch.optim.AdamW(model.parameters(), lr=RATE), AnswerStates(model)
    for _ in range(ROUNDS):
        for block in blocks_of(asked, renderer.pad_id):
            targets = torch.cat([one.targets for one in block.asked])
            loss = torch.nn.functional.cross_entropy(answers.scores(answers.of(block)), targets)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    model.save_pretrained(folder)

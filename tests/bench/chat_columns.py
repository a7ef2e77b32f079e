"""Two and four columns in one batch against the same answers one after the other, the fastest way.

python -m tests.bench.chat_columns MODEL ADAPTER [ADAPTER ...] [--new-tokens 64] [--repeats 5]

Both sides run in one process, on one model in NF4 as the chat holds it, by turns (ABBA): "together"
is one batch with a row for each column; "one after the other" is each column alone with batch 1,
the base with all adapters off. One adapter stands for the three of four columns when no others are
named: it costs the same. Then, in fp32 without quantisation, the tokens of both ways are compared.
With 64 tokens and 5 repeats under six minutes on two quiet cores.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from studio.core.protocol import LoadChat
from studio.engine.chatmodel import ChatModel, load_chat
from studio.engine.generate import Asked, Column, write_answers
from studio.engine.sampling import Sampler
from studio.machine.enginecommand import engine_environment

_INSIDE = "GRAFT_BENCH_INSIDE"
AIMS = {2: 0.85, 4: 0.65}
"""Columns, and what share of the time of single answers they may take on a CPU."""
PROMPTS = (
    "Write a long story about a fox that learns to bake bread.",
    "Explain how a sailing ship can sail against the wind.",
    "A guest asks for a quiet room and a late breakfast. Answer in detail.",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("adapters", type=Path, nargs="+", metavar="ADAPTER")
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    if os.environ.get(_INSIDE) != "1":  # again, in the environment of an engine
        environment = engine_environment() | {_INSIDE: "1"}
        command = [sys.executable, "-m", "tests.bench.chat_columns", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=environment).returncode)
    chat = load_chat(_request(args.model, args.adapters))
    print(f"{chat.base.device_title}, {chat.base.quantization}, {chat.base.precision}, ", end="")
    print(f"{args.new_tokens} new tokens, {torch.get_num_threads()} threads")
    print(chat.self_test.line)
    print("columns  together  one after the other  ratio  lowest to highest  aim")
    for columns in AIMS:
        _speed(chat, columns, args.new_tokens, args.repeats)
    del chat
    gc.collect()
    exact = load_chat(_request(args.model, args.adapters, precision="fp32", quantization="none"))
    for prompt in PROMPTS:
        same = _same(exact, prompt, args.new_tokens)
        print(f"fp32, tokens of {max(AIMS)} columns as of each alone: {same}  {prompt}", flush=True)


def _request(model: Path, adapters: Sequence[Path], **numbers: Any) -> LoadChat:
    """Return what loads a base with three adapted columns, whose adapters may be the same."""
    paths = [str(adapters[at % len(adapters)]) for at in range(max(AIMS) - 1)]
    others = [{"name": f"column {at + 3}", "adapter": path} for at, path in enumerate(paths[1:])]
    return LoadChat(id=1, model=str(model), adapter=paths[0], others=others, **numbers)


def _speed(chat: ChatModel, columns: int, new_tokens: int, repeats: int) -> None:
    names = list(chat.columns)[:columns]
    _answer(chat, names, PROMPTS[0], 4)  # warm: the first forward packs the weights
    spent: dict[str, list[float]] = {"together": [], "apart": []}
    for turn in range(repeats):
        prompt = PROMPTS[turn % len(PROMPTS)]
        for way in ("together", "apart") if turn % 2 == 0 else ("apart", "together"):
            groups = [names] if way == "together" else [[name] for name in names]
            start = time.perf_counter()
            for group in groups:
                _answer(chat, group, prompt, new_tokens)
            spent[way].append(time.perf_counter() - start)
    ratios = [a / b for a, b in zip(spent["together"], spent["apart"], strict=True)]
    together, apart = (statistics.median(seconds) for seconds in spent.values())
    ratio, told = statistics.median(ratios), f"{min(ratios):.3f} to {max(ratios):.3f}"
    kept = "kept" if ratio <= AIMS[columns] else "missed"
    print(
        f"{columns:7}  {together:6.2f} s  {apart:17.2f} s  {ratio:.3f}  {told:>17}  "
        f"at most {AIMS[columns]:.2f}, {kept}",
        flush=True,
    )


def _same(chat: ChatModel, prompt: str, new_tokens: int) -> bool:
    """Return whether all columns together write what each writes alone."""
    names = list(chat.columns)
    alone = {name: _answer(chat, [name], prompt, new_tokens)[name] for name in names}
    return _answer(chat, names, prompt, new_tokens) == alone


def _answer(chat: ChatModel, names: list[str], prompt: str, tokens: int) -> dict[str, list[int]]:
    """Return the token ids of each column; nothing ends before the last token."""
    ids = chat.renderer.prompt_ids([{"role": "user", "content": prompt}])
    asked = Asked(
        columns=[Column(name, chat.columns[name], ids) for name in names],
        max_new_tokens=tokens,
        sampler=Sampler(),
        stop_ids=frozenset(),
    )
    found: dict[str, list[int]] = {name: [] for name in names}
    for written in write_answers(chat.model, chat.switch, asked, lambda: False):
        if written.token is not None:
            found[written.column].append(written.token)
    return found


if __name__ == "__main__":
    main()

"""Two columns in one batch against the same two answers one after the other, each the fastest way.

python -m tests.bench.chat_columns MODEL ADAPTER [--new-tokens 64] [--repeats 5]

Both sides run in one process, on one model in NF4 as the chat holds it, by turns (ABBA): "both" is
one batch of two rows; "one after the other" is the base alone with the adapter off, then the
adapted model alone, each with batch 1. Then, in fp32 without quantisation, the tokens of both ways
are compared.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch

from studio.core.protocol import LoadChat
from studio.engine.chatmodel import ChatModel, load_chat
from studio.engine.generate import Asked, Column, write_answers
from studio.engine.sampling import Sampler
from studio.machine.enginecommand import engine_environment

_INSIDE = "GRAFT_BENCH_INSIDE"
PROMPTS = (
    "Write a long story about a fox that learns to bake bread.",
    "Explain how a sailing ship can sail against the wind.",
    "A guest asks for a quiet room and a late breakfast. Answer in detail.",
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("model", type=Path)
    parser.add_argument("adapter", type=Path)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    if os.environ.get(_INSIDE) != "1":  # again, in the environment of an engine
        environment = engine_environment() | {_INSIDE: "1"}
        command = [sys.executable, "-m", "tests.bench.chat_columns", *sys.argv[1:]]
        sys.exit(subprocess.run(command, env=environment).returncode)
    chat = load_chat(LoadChat(id=1, model=str(args.model), adapter=str(args.adapter)))
    print(f"{chat.base.device_title}, {chat.base.quantization}, {chat.base.precision}, ", end="")
    print(f"{args.new_tokens} new tokens, {torch.get_num_threads()} threads")
    print(chat.self_test.line)
    _speed(chat, args.new_tokens, args.repeats)
    del chat
    gc.collect()
    exact = LoadChat(
        id=2,
        model=str(args.model),
        adapter=str(args.adapter),
        precision="fp32",
        quantization="none",
    )
    _identity(load_chat(exact), args.new_tokens)


def _speed(chat: ChatModel, new_tokens: int, repeats: int) -> None:
    names = list(chat.columns)
    _answer(chat, names, PROMPTS[0], 4)  # warm: the first forward packs the weights
    together, apart, ratios = [], [], []
    for turn in range(repeats):
        prompt = PROMPTS[turn % len(PROMPTS)]
        times = {}
        for way in ("both", "apart") if turn % 2 == 0 else ("apart", "both"):
            groups = [names] if way == "both" else [[name] for name in names]
            start = time.perf_counter()
            for group in groups:
                _answer(chat, group, prompt, new_tokens)
            times[way] = time.perf_counter() - start
        together.append(times["both"])
        apart.append(times["apart"])
        ratios.append(times["both"] / times["apart"])
        print(f"  both {times['both']:.2f} s  apart {times['apart']:.2f} s  {ratios[-1]:.3f}")
    print(
        f"median: both {statistics.median(together):.2f} s, one after the other "
        f"{statistics.median(apart):.2f} s, ratio {statistics.median(ratios):.3f} "
        f"({min(ratios):.3f} to {max(ratios):.3f})"
    )


def _identity(chat: ChatModel, new_tokens: int) -> None:
    names = list(chat.columns)
    for prompt in PROMPTS:
        both = _answer(chat, names, prompt, new_tokens)
        alone = {name: _answer(chat, [name], prompt, new_tokens)[name] for name in names}
        print(f"fp32 tokens the same: {both == alone}  {prompt}")


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

"""The command ``chat``: the base and adapters answer the same, once or in a conversation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from studio.cli.chatcolumns import load_request
from studio.cli.chatloop import ChatLoop, column_body
from studio.cli.chatprocess import chat_process
from studio.cli.output import Commands, add_shared, note, say_json, workspace_of
from studio.core.sampler import Sampler


def add_commands(commands: Commands) -> None:
    """Add chat."""
    parser = commands.add_parser(
        "chat",
        help="ask the base and adapted models the same",
        description="Asks the base and up to three adapters the same: one batch, one seed, one "
        "sampler. Without --prompt it is a conversation: a line is a question, /new begins "
        "another, /system TEXT, /seed NUMBER, /quit; Ctrl+C stops an answer, a second one leaves.",
    )
    parser.add_argument("run_ids", metavar="RUN", nargs="+", help="runs that have an adapter")
    parser.add_argument("--prompt", metavar="TEXT", help="what to ask, once")
    parser.add_argument(
        "--adapter",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="an adapter from elsewhere as a further column",
    )
    parser.add_argument(
        "--checkpoint",
        type=int,
        action="append",
        default=[],
        metavar="STEP",
        help="of the first run, instead of its result; again for a further column",
    )
    parser.add_argument("--max-new-tokens", type=int, default=256, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 is greedy")
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P")
    parser.add_argument("--top-k", type=int, default=0, metavar="K", help="0 is all")
    parser.add_argument("--repetition", type=float, default=1.0, metavar="X", help="1 is none")
    parser.add_argument("--stop", action="append", default=[], metavar="TEXT")
    parser.add_argument("--system", metavar="TEXT", help="instead of the prompt of training")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    add_shared(parser)
    parser.set_defaults(run=_chat)


def _chat(args: argparse.Namespace) -> int:
    load = load_request(
        workspace_of(args), args.run_ids, args.checkpoint, args.adapter, args.device
    )
    sampler = Sampler(
        seed=args.seed,
        temperature=args.temperature,
        top_p=args.top_p,
        max_new_tokens=args.max_new_tokens,
        top_k=args.top_k,
        repetition=args.repetition,
        stop=tuple(args.stop),
    )
    with chat_process() as process:
        loaded = process.load(load)
        loop = ChatLoop(process, loaded, sampler, args.system, as_json=args.json)
        if args.prompt is None:
            _tell(loaded.warnings, loaded.self_test)
            return loop.run()
        answers = loop.ask(args.prompt)
    if args.json:
        say_json(
            {
                "columns": [column_body(answers[name]) for name in loaded.columns],
                "base_proven": loaded.base_proven,
                "self_test": loaded.self_test,
                "template_same": loaded.template_same,
                "identities": loaded.identities,
                "warnings": loaded.warnings,
            }
        )
        return 0
    _tell(loaded.warnings, loaded.self_test)
    loop.show(answers)
    return 0


def _tell(warnings: list[Any], self_test: str) -> None:
    for warning in warnings:
        note(warning)
    note(self_test)

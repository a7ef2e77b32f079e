"""The command ``chat``: one prompt, answered by the base and by the adapted model."""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.problems import EngineError, RunError
from studio.core.protocol import (
    PROTOCOL,
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Progress,
    RequestFailed,
)
from studio.core.units import rate
from studio.core.wire import LineReader
from studio.core.workspace import Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.recipefile import read_recipe
from studio.data.runfiles import find_run
from studio.machine.enginecommand import engine_command, engine_environment
from studio.machine.models import resolve_model

_LOAD, _ASK = 1, 2


def add_commands(commands: Commands) -> None:
    """Add chat."""
    parser = commands.add_parser(
        "chat",
        help="ask the base and the adapted model the same",
        description="Asks base and adapted model the same: one batch, one seed, one sampler.",
    )
    parser.add_argument("run_id", metavar="RUN", help="a run that has an adapter")
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what to ask")
    parser.add_argument("--max-new-tokens", type=int, default=256, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 is greedy")
    parser.add_argument("--top-p", type=float, default=1.0, metavar="P")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--checkpoint", type=int, metavar="STEP", help="instead of the result")
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    add_shared(parser)
    parser.set_defaults(run=_chat)


def _chat(args: argparse.Namespace) -> int:
    load = load_request(workspace_of(args), args.run_id, args.checkpoint, args.device)
    ask = Generate(
        id=_ASK,
        prompt=args.prompt,
        max_new_tokens=args.max_new_tokens,
        temperature=args.temperature,
        top_p=args.top_p,
        seed=args.seed,
    )
    loaded, answers = converse(load, ask)
    columns = [_column(answers[name]) for name in loaded.columns]
    if args.json:
        facts = {
            "base_proven": loaded.base_proven,
            "self_test": loaded.self_test,
            "template_same": loaded.template_same,
            "warnings": loaded.warnings,
        }
        say_json({"columns": columns} | facts)
        return 0
    for warning in loaded.warnings:
        note(warning)
    note(loaded.self_test)
    for column in columns:
        speed = f"{column['tokens']} tokens, {rate(column['tokens_per_second'])} a second"
        say(f"{column['name']}  ({speed})\n{column['text']}\n")
    return 0


def load_request(
    workspace: Workspace, run_id: str, checkpoint: int | None = None, device: str = "auto"
) -> LoadChat:
    """Return the request that loads a run's result, or one of its checkpoints.

    Raises:
        RunError: there is no such run, or it has no adapter yet.
        ModelError: its base model is not there.
    """
    run = find_run(workspace.run(run_id))
    recipe = read_recipe(run.recipe)
    adapter = run.adapter if checkpoint is None else checkpoint_folder(run, checkpoint)
    if not (adapter / "adapter_config.json").is_file():
        what = "no adapter yet" if checkpoint is None else f"no checkpoint at step {checkpoint}"
        raise RunError(f"The run {run.id} has {what}.", "Look at it with runs show.")
    return LoadChat(
        id=_LOAD,
        model=str(resolve_model(workspace, recipe.model)),
        adapter=str(adapter),
        run=str(run.path),
        quantization=recipe.quantization,
        double_quant=recipe.double_quant,
        precision=recipe.precision,
        device=device,
    )


def converse(load: LoadChat, ask: Generate) -> tuple[ChatLoaded, dict[str, AnswerEnded]]:
    """Load a model in a process of its own and ask it once.

    Raises:
        EngineError: it could not be loaded or asked, or the process ended.
    """
    loaded: ChatLoaded | None = None
    answers: dict[str, AnswerEnded] = {}
    with _chat_process() as (process, messages):
        _send(process, load)
        for message in messages:
            if isinstance(message, RequestFailed):
                raise EngineError(message.summary, message.hint, message.details)
            if isinstance(message, Progress):
                note(message.what)
            elif isinstance(message, ChatLoaded):
                loaded = message
                _send(process, ask)
            elif isinstance(message, AnswerEnded):
                answers[message.column] = message
                if loaded and answers.keys() == set(loaded.columns):
                    return loaded, answers
    raise EngineError("The chat process ended.", "Run graft-studio doctor to see what is missing.")


@contextmanager
def _chat_process() -> Iterator[tuple[subprocess.Popen[bytes], Iterator[Any]]]:
    """Start the chat process; it is gone, with the model, when the body ends."""
    with tempfile.TemporaryFile() as errors:  # a pipe that nobody reads would fill and hang it
        process = subprocess.Popen(
            engine_command("chat"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=engine_environment(),
        )
        assert process.stdout is not None
        with process:
            try:
                yield process, _messages(process.stdout)
            finally:
                process.kill()
                process.wait()


def _messages(stdout: IO[bytes]) -> Iterator[Any]:
    reader = LineReader(PROTOCOL)
    for line in stdout:
        yield from reader.feed(line)


def _send(process: subprocess.Popen[bytes], message: Any) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(PROTOCOL.encode(message))
        process.stdin.flush()
    except BrokenPipeError as err:
        raise EngineError(
            "The chat process ended.", "Run graft-studio doctor to see what is missing."
        ) from err


def _column(answer: AnswerEnded) -> dict[str, Any]:
    return {
        "name": answer.column,
        "text": answer.text,
        "tokens": answer.tokens,
        "tokens_per_second": round(answer.tokens / answer.seconds, 3) if answer.seconds else 0.0,
        "seconds": round(answer.seconds, 3),
        "first_seconds": round(answer.first_seconds, 3),
        "reason": answer.reason,
    }

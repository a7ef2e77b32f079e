"""The command ``evaluate``: a dataset's held-out rows, answered by base and adapters, in numbers."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from studio.cli.judging import (
    add_judge,
    judge_folder,
    judged_body,
    judged_lines,
    judgings_of,
)
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.evaluation import BASE, EvaluationSetup, results_body
from studio.core.evaluationmessages import (
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    PauseEvaluating,
)
from studio.core.evaluationtable import table_lines
from studio.core.example import SPLITS
from studio.core.metrics.jsonanswers import not_looked_at
from studio.core.problems import EngineError
from studio.core.protocol import RequestFailed
from studio.core.workspace import Workspace
from studio.data.evaluations import Evaluations
from studio.data.evaluationsetup import (
    MOST_SHOTS,
    Wanted,
    column_named,
    make_setup,
    read_schema,
    result_column,
    shots_column,
)
from studio.data.runfiles import find_run
from studio.machine.engineprocess import EngineProcess, engine_process

_REQUEST = 1
PAUSED = 130
"""Exit code after Ctrl-C, as shells have it."""


def add_commands(commands: Commands) -> None:
    """Add evaluate."""
    parser = commands.add_parser(
        "evaluate",
        help="measure on held-out rows what an adapter gained",
        description="Lets base and adapters answer held-out rows and scores the answers. "
        "Ctrl-C pauses; the same command goes on where it was.",
    )
    parser.add_argument("run_id", metavar="RUN", help="a run that has an adapter")
    parser.add_argument("--data", required=True, metavar="N", help="a dataset of the workspace")
    parser.add_argument("--split", choices=SPLITS, default="test")
    parser.add_argument(
        "--columns",
        metavar="A,B",
        help="who answers beside the base: runs, RUN@STEP, steps of RUN, folders of adapters; "
        "default: RUN",
    )
    parser.add_argument(
        "--few-shot",
        type=int,
        default=0,
        metavar="N",
        help="one more column: the base that is shown N examples of the training split",
    )
    parser.add_argument("--limit", type=int, default=0, metavar="ROWS", help="ask at most so many")
    parser.add_argument("--max-new-tokens", type=int, default=256, metavar="N")
    parser.add_argument("--temperature", type=float, default=0.0, help="0 is greedy")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--schema", type=Path, metavar="FILE", help="JSON Schema of the answers")
    parser.add_argument(
        "--no-general", action="store_true", help="leave the general questions beside it out"
    )
    add_judge(parser)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    add_shared(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    setup = _setup(workspace, args)
    if setup.schema and (words := not_looked_at(json.loads(setup.schema))):
        note(f"Of the schema these words are not looked at: {', '.join(words)}.")
    with Evaluations(workspace.evaluations) as store:
        number = store.same(setup) or store.add(setup)
        ended = carry_out(workspace.evaluations, number)
        if ended.state != "done":
            note(f"Paused at {ended.done:,} of {ended.total:,}. The same command goes on.")
            return PAUSED
        results = store.results(number)
    assert results is not None
    judge = judge_folder(workspace, args)
    if judge and carry_out(workspace.evaluations, number, judge).state != "done":
        note("The judge paused. The same command goes on.")
        return PAUSED
    judged = judgings_of(workspace.evaluations, number) if judge else []
    if args.json:
        say_json({"evaluation": number} | results_body(results) | judged_body(judged))
        return 0
    for warning in results.warnings:
        note(warning)
    say(f"{results.rows:,} {setup.split} rows of {Path(setup.dataset).stem}, 95 % intervals\n")
    for line in (*table_lines(results), *judged_lines(judged)):
        say(line)
    return 0


def carry_out(store: Path, number: int, judge: str = "") -> EvaluationEnded:
    """Carry an evaluation out in a process of its own, or let a judge look at it; Ctrl-C pauses.

    Raises:
        EngineError: it failed, or the process ended.
    """
    ended = EngineError(
        "The evaluation process ended.", "Run the command again: it goes on where it was."
    )
    with engine_process("evaluate", ended) as process, _pausing(process):
        process.send(Evaluate(id=_REQUEST, store=str(store), evaluation=number, judge=judge))
        before = ""
        for message in process:
            if isinstance(message, RequestFailed):
                raise EngineError(message.summary, message.hint, message.details)
            if isinstance(message, EvaluationEnded):
                return message
            if isinstance(message, EvaluationAdvanced):
                words = _progress(message)
                if words != before:
                    note(words)
                before = words
    raise ended


def _setup(workspace: Workspace, args: argparse.Namespace) -> EvaluationSetup:
    run = find_run(workspace.run(args.run_id))
    if not 0 <= args.few_shot <= MOST_SHOTS:
        raise EngineError(f"--few-shot takes 0 to {MOST_SHOTS} examples.", "Ask for fewer.")
    names = [name.strip() for name in (args.columns or "").split(",") if name.strip()]
    named = [column_named(workspace, run, name) for name in names if name != BASE]
    columns = [column_named(workspace, run, BASE), *(named or [result_column(run)])]
    if args.few_shot:
        columns.append(shots_column(args.few_shot))
    wanted = Wanted(
        dataset=args.data,
        split=args.split,
        limit=max(args.limit, 0),
        max_new_tokens=max(args.max_new_tokens, 1),
        temperature=max(args.temperature, 0.0),
        seed=args.seed,
        device=args.device,
        schema=read_schema(args.schema) if args.schema else "",
        general=not args.no_general,
    )
    return make_setup(workspace, run, columns, wanted)


def _progress(told: EvaluationAdvanced) -> str:
    """Return how far it is, in steps of a tenth: a line for each would be too many."""
    what = f"{told.column}: {told.what}" if told.column else told.what
    if not told.total:
        return what
    return f"{what} · {10 * (10 * told.done // told.total)} %"


@contextmanager
def _pausing(process: EngineProcess) -> Iterator[None]:
    """Let Ctrl-C pause the process; a second one ends it at once."""

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        note("Pausing behind the words in hand. Ctrl-C again ends it at once.")
        process.send(PauseEvaluating(id=_REQUEST))

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)

"""The command ``evaluate``: a dataset's held-out rows, answered by base and adapters, in numbers."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from studio.cli.benchmarking import (
    add_benchmarks,
    benchmark_body,
    benchmark_scores,
    benchmarks_of,
    say_benchmarks,
)
from studio.cli.engineprogress import PAUSED, carry_out
from studio.cli.judging import (
    add_judge,
    judge_folder,
    judged_body,
    judged_lines,
    judgings_of,
)
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.benchmarks import BenchmarksWanted
from studio.core.evaluation import BASE, EvaluationSetup, results_body
from studio.core.evaluationmessages import Evaluate, EvaluationEnded
from studio.core.evaluationtable import table_lines
from studio.core.example import SPLITS
from studio.core.metrics.jsonanswers import not_looked_at
from studio.core.problems import EngineError
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
    add_benchmarks(parser)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    add_shared(parser)
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    setup, benchmarks = _setup(workspace, args), benchmarks_of(args)
    if setup.schema and (words := not_looked_at(json.loads(setup.schema))):
        note(f"Of the schema these words are not looked at: {', '.join(words)}.")
    with Evaluations(workspace.evaluations) as store:
        number = store.same(setup) or store.add(setup)
        ended = _carry_out(workspace.evaluations, number)
        if ended.state != "done":
            note(f"Paused at {ended.done:,} of {ended.total:,}. The same command goes on.")
            return PAUSED
        results = store.results(number)
    assert results is not None
    judge = judge_folder(workspace, args)
    if judge and _carry_out(workspace.evaluations, number, judge=judge).state != "done":
        note("The judge paused. The same command goes on.")
        return PAUSED
    judged = judgings_of(workspace.evaluations, number, judge) if judge else []
    if benchmarks and _ask(workspace.evaluations, number, benchmarks).state != "done":
        note("The benchmarks paused. The same command asks them again.")
        return PAUSED
    scores = benchmark_scores(workspace.evaluations, number, benchmarks) if benchmarks else []
    if args.json:
        asked = benchmark_body(scores) if benchmarks else {}
        say_json({"evaluation": number} | results_body(results) | judged_body(judged) | asked)
        return 0
    for warning in results.warnings:
        note(warning)
    say(f"{results.rows:,} {setup.split} rows of {Path(setup.dataset).stem}, 95 % intervals\n")
    for line in (*table_lines(results), *judged_lines(judged)):
        say(line)
    if scores:
        say_benchmarks(scores)
    return 0


def _ask(store: Path, number: int, wanted: BenchmarksWanted) -> EvaluationEnded:
    """Let the columns answer benchmarks."""
    return _carry_out(
        store,
        number,
        benchmarks=",".join(wanted.tasks),
        task_folder=wanted.folder,
        benchmark_limit=wanted.limit,
    )


def _carry_out(store: Path, number: int, **asked: Any) -> EvaluationEnded:
    """Carry an evaluation out in a process of its own, or what else is asked of it."""
    return carry_out(lambda of: Evaluate(id=of, store=str(store), evaluation=number, **asked))


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

"""The queue of runs: add, list, start, stop, skip, move and remove; and the process behind it."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from typing import Any

from studio.cli.knobflags import add_knob_flags, knob_changes
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.cli.queuework import QueueWork
from studio.cli.train import estimate_of, foreign_error, lengths_of, prepared, recipe_named
from studio.core.control import StopAsked
from studio.core.grid import grid, grid_size, parse_grid, rows_key
from studio.core.problems import RunError
from studio.core.recipe import Recipe
from studio.core.runqueue import Queue
from studio.core.units import duration
from studio.core.workspace import RunFolder, Workspace
from studio.data.queuefile import change_queue, read_queue, runner_of
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary, ask, engine_of, summarize
from studio.data.runtimes import expected_seconds, frozen_train_rows, train_rows
from studio.machine.enginecommand import queue_command, start_detached


def add_queue(acts: Commands) -> None:
    """Add the queue's acts to the parsers of runs."""
    queue = acts.add_parser("queue", help="train several recipes, one after another")
    made = queue.add_subparsers(dest="queue_act", metavar="ACT", required=True)
    _add_add(made)
    _add_others(made)


def _add_add(made: Commands) -> None:
    add = made.add_parser(
        "add",
        help="put recipes, or runs that wait, at the end of the queue",
        usage="%(prog)s [--grid SETTING=VALUE,VALUE] [--plan] [--start] [--SETTING VALUE ...] "
        "RECIPE ...",
    )
    add.add_argument("recipes", nargs="+", metavar="RECIPE", help="a TOML file or a run")
    add.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="SETTING=VALUE,VALUE",
        help="a run for every combination of these values; may be given again",
    )
    add.add_argument("--plan", action="store_true", help="only say what would be added")
    add.add_argument("--start", action="store_true", help="start the queue too")
    add_shared(add)
    add_knob_flags(add)
    add.set_defaults(run=_add)


def _add_others(made: Commands) -> None:
    for name, what, act in (
        ("list", "what is at work, what waits and what came of the others", _list),
        ("start", "start the waiting runs, one after another", _start),
        ("stop", "start no further run; the one at work goes on", _stop),
        ("skip", "stop the run at work, keep its adapter, and go on with the next", _skip),
        ("work", "start the waiting runs in this terminal, until none waits", _work),
    ):
        parser = made.add_parser(name, help=what)
        add_shared(parser)
        parser.set_defaults(run=act)
    remove = made.add_parser("remove", help="take runs out of the queue; their folders stay")
    remove.add_argument("run_ids", nargs="+", metavar="RUN")
    move = made.add_parser("move", help="move a waiting run to another place")
    move.add_argument("run_id", metavar="RUN")
    move.add_argument("place", type=int, metavar="PLACE", help="1 is the next one")
    for parser, act in ((remove, _remove), (move, _move)):
        add_shared(parser)
        parser.set_defaults(run=act)


def _add(args: argparse.Namespace) -> int:
    workspace, values = workspace_of(args), parse_grid(args.grid)
    changes = knob_changes(args)
    waiting: list[str] = []
    recipes: list[Recipe] = []
    for named in args.recipes:
        run = _waiting(workspace, named) if not (values or changes) else ""
        if run:
            waiting.append(run)
        else:
            recipes += grid(recipe_named(workspace, named, changes), values)
    _say_plan(workspace, recipes, grid_size(values), as_json=args.json and args.plan)
    if args.plan:
        return 0
    runs = [*waiting, *(folder.id for folder in _prepare(workspace, recipes))]
    queue = change_queue(workspace, lambda queue: queue.added(runs))
    if args.start:
        queue = change_queue(workspace, lambda queue: replace(queue, active=True))
    if queue.active:
        _ensure_runner(workspace)
    if args.json:
        say_json({"runs": runs, "active": queue.active})
    else:
        for run in runs:
            say(run)
        if not queue.active:
            note("graft-studio runs queue start begins with the first.")
    return 0


def _waiting(workspace: Workspace, named: str) -> str:
    """Return a run that can be started as it is; empty for a recipe, or a run to train again."""
    folder = workspace.run(named)
    if not folder.recipe.is_file():
        return ""
    summary = summarize(folder)
    if summary.foreign:
        raise foreign_error(summary)
    return folder.id if summary.resumable else ""


def _prepare(workspace: Workspace, recipes: list[Recipe]) -> list[RunFolder]:
    """Make a folder for each recipe; recipes with the same rows share their file."""
    made: list[tuple[Recipe, RunFolder]] = []
    looked: dict[tuple[object, ...], Any] = {}
    for recipe in recipes:
        seen = (recipe.model, recipe.template, recipe.system_prompt, *rows_key(recipe))
        if seen not in looked:
            looked[seen] = lengths_of(workspace, recipe)
        estimate = estimate_of(workspace, recipe, looked[seen])
        like = next((run for other, run in made if rows_key(other) == rows_key(recipe)), None)
        made.append((recipe, prepared(workspace, recipe, estimate, like)))
    return [run for _, run in made]


def _say_plan(workspace: Workspace, recipes: list[Recipe], size: int, *, as_json: bool) -> None:
    """Say how many runs would be made, and how long they would take."""
    earlier = [summarize(folder) for folder in workspace.run_folders()]
    times = [expected_seconds(r, train_rows(workspace, r), earlier) for r in recipes]
    known = [seconds for seconds in times if seconds is not None]
    whole = sum(known) if recipes and len(known) == len(times) else None
    if as_json:
        rows = [{"title": r.title, "seconds": t} for r, t in zip(recipes, times, strict=True)]
        say_json({"runs": rows, "seconds": whole})
        return
    if recipes and (size > 1 or len(recipes) > 1):
        many = f"{len(recipes):,} runs"
        note(f"{many}, about {duration(whole)} in all." if whole else f"{many}; no time is known.")


def _list(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    queue, runner = read_queue(workspace), runner_of(workspace)
    earlier = [summarize(folder) for folder in workspace.run_folders()]
    by_id = {summary.run: summary for summary in earlier}
    rows = [_row(queue, run, by_id.get(run), earlier) for run in queue.runs]
    if args.json:
        ended = [{"run": run, "state": state} for run, state in queue.ended]
        pid = runner.pid if runner else None
        say_json({"active": queue.active, "pid": pid, "runs": rows, "ended": ended})
        return 0
    if not (queue.runs or queue.ended):
        say("No run waits.")
    for run, state in queue.ended:
        say(f"     {state:<10} {run}")
    for at, row in enumerate(rows):
        place = "now" if row["run"] == queue.current else f"{at + (not queue.current)}."
        seconds = row["seconds_left"]
        takes = "" if seconds is None else f"about {duration(seconds)}"
        say(f"{place:<5}{row['state']:<10} {row['run']:<36} {row['title']}  {takes}".rstrip())
    if queue.waiting and not queue.active:
        say("The queue stands still. graft-studio runs queue start goes on with it.")
    return 0


def _row(
    queue: Queue, run: str, summary: RunSummary | None, earlier: list[RunSummary]
) -> dict[str, Any]:
    if summary is None:
        return {"run": run, "state": "gone", "title": "", "seconds_left": None}
    seconds = summary.state.seconds_left
    if seconds is None and run != queue.current and not summary.problem:
        recipe = read_recipe(summary.folder.recipe)
        seconds = expected_seconds(recipe, frozen_train_rows(summary.folder), earlier)
    state = summary.state.state
    return {"run": run, "state": state, "title": summary.title, "seconds_left": seconds}


def _start(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    if not read_queue(workspace).runs:
        raise RunError("No run waits.", "graft-studio runs queue add RECIPE puts one in.")
    change_queue(workspace, lambda queue: replace(queue, active=True))
    pid = _ensure_runner(workspace)
    return _answer(args, workspace, f"The queue is worked on by process {pid}.")


def _stop(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    queue = change_queue(workspace, lambda queue: replace(queue, active=False))
    going = f"{queue.current} goes on; " if queue.current else ""
    return _answer(args, workspace, f"{going}no further run is started.")


def _skip(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    run = read_queue(workspace).current
    if not run or engine_of(workspace.run(run)) is None:
        raise RunError("No run of the queue is at work.", "graft-studio runs queue list shows it.")
    ask(workspace.run(run), StopAsked(time=time.time()))
    return _answer(args, workspace, f"{run} stops after this step and keeps its adapter.")


def _remove(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)

    def without(queue: Queue) -> Queue:
        for run in args.run_ids:
            queue = queue.removed(run)
        return queue

    change_queue(workspace, without)
    many = ", ".join(args.run_ids)
    return _answer(args, workspace, f"Out of the queue: {many}. The folders stay.")


def _move(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    queue = change_queue(workspace, lambda queue: queue.moved(args.run_id, args.place - 1))
    place = queue.waiting.index(args.run_id) + 1  # there may be fewer than were counted
    return _answer(args, workspace, f"{args.run_id} is number {place} now.")


def _work(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    if not QueueWork(workspace).work():
        note("Another process works on the queue already.")
    return 0


def _answer(args: argparse.Namespace, workspace: Workspace, words: str) -> int:
    if args.json:
        queue, runner = read_queue(workspace), runner_of(workspace)
        say_json(queue.to_mapping() | {"pid": runner.pid if runner else None})
    else:
        say(words)
    return 0


def _ensure_runner(workspace: Workspace) -> int:
    """Start the process behind the queue if none is there; return its pid."""
    runner = runner_of(workspace)
    if runner is not None:
        return runner.pid
    return start_detached(queue_command(workspace.path), workspace.queue_log)

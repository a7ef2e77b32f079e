"""Commands that train: train, resume, and runs list, show, stop, pause."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from studio.cli.checkrows import check_rows
from studio.cli.follow import Follower
from studio.cli.knobflags import add_knob_flags, knob_changes
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.capabilities import check_capabilities
from studio.core.control import PauseAsked, StopAsked
from studio.core.memory import Estimate, estimate_memory
from studio.core.problems import EngineError, RunError, StudioError
from studio.core.recipe import Recipe
from studio.core.runstate import State
from studio.core.units import NO_VALUE, gib
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import checkpoints_of
from studio.data.checks.classes import REMARK
from studio.data.checks.found import Lengths
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import parts_of
from studio.data.recipefile import read_recipe
from studio.data.runfiles import (
    RunSummary,
    ask,
    engine_of,
    find_run,
    read_origin,
    summarize,
)
from studio.data.runprep import prepare_run
from studio.data.store import Dataset
from studio.machine.devices import read_machine
from studio.machine.enginecommand import engine_command, start_detached
from studio.machine.models import inspect_model, resolve_model
from studio.machine.processes import mark_of


def add_commands(commands: Commands) -> None:
    """Add train, resume and runs."""
    _add_train(commands)
    resume = commands.add_parser("resume", help="go on with a run from its last checkpoint")
    resume.add_argument("run_id", metavar="RUN")
    resume.add_argument("--detach", action="store_true", help="return once it is started")
    add_shared(resume)
    resume.set_defaults(run=_resume)
    runs = commands.add_parser("runs", help="list, show, stop or pause runs")
    acts = runs.add_subparsers(dest="act", metavar="ACT", required=True)
    for name, what, act in (
        ("list", "all runs, newest first", _list),
        ("show", "one run", _show),
        ("stop", "stop after this step and keep the adapter", _stop),
        ("pause", "commit a checkpoint and end, to be resumed", _pause),
    ):
        parser = acts.add_parser(name, help=what)
        if name != "list":
            parser.add_argument("run_id", metavar="RUN")
        add_shared(parser)
        parser.set_defaults(run=act)


def _add_train(commands: Commands) -> None:
    train = commands.add_parser("train", help="train a recipe")
    train.add_argument("recipe", metavar="RECIPE", help="a TOML file, or a run to train again")
    train.add_argument("--detach", action="store_true", help="return once it is started")
    add_shared(train)
    add_knob_flags(train)
    train.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    recipe = _recipe(workspace, args.recipe, knob_changes(args))
    for other in _training(workspace):
        note(f"{other.title} is training too; both share the machine.")
    estimate = _estimate(workspace, recipe)
    folder = prepare_run(
        workspace,
        recipe,
        predicted_peak_bytes=estimate.total_bytes,
        predicted_range=(estimate.low_bytes, estimate.high_bytes),
    )
    if not args.json:
        note(f"Run {folder.id}")
    return _start(folder, detach=args.detach, as_json=args.json)


def _recipe(workspace: Workspace, named: str, changes: dict[str, Any]) -> Recipe:
    """Return the recipe of a file or of an earlier run; paths in a file count from its folder."""
    path = Path(named).expanduser()
    if not path.exists() and workspace.run(named).recipe.is_file():
        path = workspace.run(named).recipe
    values = read_recipe(path).to_mapping() | changes
    for name in ("model", "dataset", "start_from"):
        beside = path.parent / str(values[name])
        if values[name] and name not in changes and beside.exists():
            values[name] = str(beside.resolve())
    return Recipe.from_mapping(values)


def _estimate(workspace: Workspace, recipe: Recipe) -> Estimate:
    """Return the memory the run will need, refusing what cannot be trained at all."""
    info, reading = inspect_model(resolve_model(workspace, recipe.model)), read_machine()
    device = reading.device if recipe.device == "auto" else recipe.device
    check_capabilities(recipe)
    parts = {resolve_dataset(workspace, part.dataset) for part in parts_of(recipe)}
    looked = [_looked_at(workspace, recipe, path, info.folder) for path in sorted(parts)]
    total = sum(int(lengths.tokens.sum()) for lengths in looked)
    trained = sum(int(each.trained_within(recipe.max_tokens).sum()) for each in looked)
    known = all(len(lengths) for lengths in looked)
    longest = max(int(lengths.tokens.max(initial=0)) for lengths in looked) if known else 0
    return estimate_memory(
        info.shape,
        recipe,
        device,
        longest_tokens=longest,
        trained_share=trained / total if total else 1.0,
        cpu_bf16=reading.cpu_bf16,
    )


def _looked_at(workspace: Workspace, recipe: Recipe, path: Path, model: Path) -> Lengths:
    """Return the lengths of a dataset's rows, and say what stands against them before the start."""
    try:
        found = check_rows(
            workspace,
            path,
            model=model,
            template=recipe.template,
            system_prompt=recipe.system_prompt,
        )
        with Dataset.open(path, read_only=True) as dataset:
            ids = dataset.ids
    except StudioError as problem:
        note(f"The rows could not be looked at before the start. {problem.summary}")
        return Lengths()
    for fault in found.faults(ids, recipe.max_tokens):
        if fault.level != REMARK:
            rows = f" {len(fault.rows):,} {'row' if len(fault.rows) == 1 else 'rows'}."
            name = f"{path.stem}: " if recipe.mix else ""
            note(f"{name}{fault.summary} {fault.hint}{rows if len(fault.rows) else ''}")
    return found.lengths.among(ids)


def _resume(args: argparse.Namespace) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    summary = summarize(folder)
    if not summary.resumable and not summary.alive:
        why = summary.problem or f"{folder.id} is {summary.state.state}: nothing is left to do."
        raise RunError(why, "Train it again with other settings to go further.")
    return _start(folder, detach=args.detach, as_json=args.json)


def _start(folder: RunFolder, *, detach: bool, as_json: bool) -> int:
    if (running := engine_of(folder)) is not None:
        raise RunError(
            f"{folder.id} is being trained already, by process {running.pid}.",
            f"graft-studio runs stop {folder.id} stops it and keeps what it has learned.",
        )
    follower = None if detach else Follower(folder, as_json=as_json)
    pid = start_detached(engine_command("train", str(folder.path)), folder.log)
    mark = mark_of(pid)
    if mark is None:
        raise EngineError("The engine ended as soon as it was started.", f"See {folder.log}.")
    if follower is not None:
        return follower.follow(mark)
    if as_json:
        say_json({"run": folder.id, "pid": pid})
    else:
        say(f"{folder.id} trains in process {pid}.")
    return 0


def _list(args: argparse.Namespace) -> int:
    found = [summarize(folder) for folder in workspace_of(args).run_folders()]
    if args.json:
        say_json({"runs": [_brief(summary) for summary in found]})
        return 0
    if not found:
        say("This workspace has no runs yet.")
    for summary in found:
        loss = summary.state.target_loss
        reached = NO_VALUE if loss is None else f"{loss:.3f}"
        step = f"{summary.state.step} of {summary.state.total_steps}"
        say(f"{summary.run:<36} {summary.state.state:<14} {step:>12}  held-out {reached}")
    return 0


def _show(args: argparse.Namespace) -> int:
    summary = summarize(find_run(workspace_of(args).run(args.run_id)))
    engine, state = engine_of(summary.folder), summary.state
    kept = checkpoints_of(summary.folder)
    if args.json:
        say_json(
            _brief(summary)
            | {
                "resumable": summary.resumable,
                "pid": engine.pid if engine is not None else None,
                "checkpoints": [{"step": c.step, "verified": c.verified} for c in kept],
                "predicted_peak_bytes": state.predicted_peak_bytes or None,
                "measured_peak_bytes": state.measured_peak_bytes or state.memory_bytes or None,
                "device": state.device,
                "precision": state.precision,
                "quantization": state.quantization,
                "summary": state.summary or summary.problem,
                "hint": state.hint,
                "adapter": str(summary.adapter) if summary.adapter else None,
                "mix": read_origin(summary.folder).get("mix", []),
            }
        )
        return 0
    for name, value in _facts(summary):
        say(f"{name:<12} {value}")
    steps = ", ".join(str(c.step) + ("" if c.verified else " (damaged)") for c in kept)
    say(f"{'checkpoints':<12} {steps or 'none'}")
    return 0


def _facts(summary: RunSummary) -> list[tuple[str, str]]:
    state = summary.state
    measured = state.measured_peak_bytes or state.memory_bytes
    peak = gib(measured, 2) if measured else NO_VALUE
    predicted = gib(state.predicted_peak_bytes, 2) if state.predicted_peak_bytes else NO_VALUE
    return [
        ("run", summary.run),
        ("state", " · ".join(p for p in (state.state, state.summary, summary.problem) if p)),
        ("dataset", summary.dataset),
        *([("mix", _mix(summary))] if summary.mix else []),
        ("model", summary.model),
        ("method", summary.method),
        ("step", f"{state.step} of {state.total_steps}"),
        ("held-out", " → ".join(f"{step}: {loss:.3f}" for step, loss in summary.evaluations)),
        ("peak", f"{peak}, predicted {predicted}"),
    ]


def _mix(summary: RunSummary) -> str:
    """Return the parts of a run's mix with the rows that each gave."""
    parts = read_origin(summary.folder).get("mix", [])
    told = [f"{part['rows_used']:,} of {part['dataset']}" for part in parts]
    return f"{summary.mix} ({', '.join(told)})" if told else summary.mix


def _brief(summary: RunSummary) -> dict[str, Any]:
    state = summary.state
    return {
        "run": summary.run,
        "state": state.state,
        "title": summary.title,
        "dataset": summary.dataset,
        "model": summary.model,
        "method": summary.method,
        "step": state.step,
        "total_steps": state.total_steps,
        "target_loss": state.target_loss,
        "base_target_loss": summary.base_target_loss,
    }


def _stop(args: argparse.Namespace) -> int:
    return _wish(args, StopAsked(time=time.time()), "stops after this step and keeps its adapter")


def _pause(args: argparse.Namespace) -> int:
    return _wish(args, PauseAsked(time=time.time()), "commits a checkpoint and ends")


def _wish(args: argparse.Namespace, wish: StopAsked | PauseAsked, follows: str) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    engine = engine_of(folder)
    if engine is None:
        state = summarize(folder).state.state
        hint = "graft-studio resume goes on with it." if state is not State.DONE else ""
        raise RunError(f"{folder.id} is not running: it is {state}.", hint)
    ask(folder, wish)
    if args.json:
        say_json({"run": folder.id, "pid": engine.pid})
    else:
        say(f"{folder.id} {follows}.")
    return 0


def _training(workspace: Workspace) -> list[RunSummary]:
    folders = (folder for folder in workspace.run_folders() if engine_of(folder) is not None)
    return [summarize(folder) for folder in folders]

"""Commands that train: train and resume."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from studio.cli.checkrows import check_rows
from studio.cli.follow import Follower
from studio.cli.knobflags import add_knob_flags, knob_changes
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.capabilities import check_capabilities
from studio.core.memory import Estimate, estimate_memory
from studio.core.problems import EngineError, RunError, StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checks.classes import REMARK
from studio.data.checks.found import Lengths
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import parts_of
from studio.data.recipefile import read_recipe
from studio.data.resuming import check_same
from studio.data.runfiles import RunSummary, engine_of, find_run, summarize
from studio.data.runprep import prepare_run
from studio.data.store import Dataset
from studio.machine.devices import read_machine
from studio.machine.enginecommand import engine_command, start_detached
from studio.machine.models import inspect_model, resolve_model
from studio.machine.peakhistory import calibration_here
from studio.machine.processes import mark_of


def add_commands(commands: Commands) -> None:
    """Add train and resume."""
    _add_train(commands)
    resume = commands.add_parser("resume", help="go on with a run from its last checkpoint")
    resume.add_argument("run_id", metavar="RUN")
    resume.add_argument("--detach", action="store_true", help="return once it is started")
    resume.add_argument(
        "--anyway", action="store_true", help="though its model or a version has changed"
    )
    add_shared(resume)
    resume.set_defaults(run=_resume)


def _add_train(commands: Commands) -> None:
    train = commands.add_parser(
        "train", help="train a recipe", usage="%(prog)s [--detach] [--SETTING VALUE ...] RECIPE"
    )
    train.add_argument("recipe", metavar="RECIPE", help="a TOML file, or a run to train again")
    train.add_argument("--detach", action="store_true", help="return once it is started")
    add_shared(train)
    add_knob_flags(train)
    train.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    recipe = recipe_named(workspace, args.recipe, knob_changes(args))
    for other in _training(workspace):
        note(f"{other.title} is training too; both share the machine.")
    estimate = estimate_of(workspace, recipe, lengths_of(workspace, recipe))
    folder = prepared(workspace, recipe, estimate)
    if not args.json:
        note(f"Run {folder.id}")
    return start_and_follow(folder, detach=args.detach, as_json=args.json)


def prepared(
    workspace: Workspace, recipe: Recipe, estimate: Estimate, rows_from: RunFolder | None = None
) -> RunFolder:
    """Make the folder of a new run; see :func:`studio.data.runprep.prepare_run`."""
    return prepare_run(
        workspace,
        recipe,
        predicted_peak_bytes=estimate.total_bytes,
        predicted_range=(estimate.low_bytes, estimate.high_bytes),
        rows_from=rows_from,
    )


def recipe_named(workspace: Workspace, named: str, changes: dict[str, Any]) -> Recipe:
    """Return the recipe of a file or of an earlier run; paths in a file count from its folder."""
    path = Path(named).expanduser()
    if not path.exists() and workspace.run(named).recipe.is_file():
        path = workspace.run(named).recipe
        return Recipe.from_mapping(read_recipe(path).to_mapping() | changes)
    values = read_recipe(path).to_mapping() | changes
    for name, is_one in (
        ("model", Path.is_dir),
        ("dataset", Path.is_file),
        ("start_from", Path.is_dir),
    ):
        beside = path.parent / str(values[name])
        if values[name] and name not in changes and is_one(beside):
            values[name] = str(beside.resolve())
    return Recipe.from_mapping(values)


def lengths_of(workspace: Workspace, recipe: Recipe) -> list[Lengths]:
    """Return the lengths of the rows of each dataset, and say what stands against them."""
    folder = resolve_model(workspace, recipe.model)
    check_capabilities(recipe)
    parts = {resolve_dataset(workspace, part.dataset) for part in parts_of(recipe)}
    return [_looked_at(workspace, recipe, path, folder) for path in sorted(parts)]


def estimate_of(workspace: Workspace, recipe: Recipe, looked: list[Lengths]) -> Estimate:
    """Return the memory the run will need, refusing what cannot be trained at all."""
    info, reading = inspect_model(resolve_model(workspace, recipe.model)), read_machine()
    device = reading.device if recipe.device == "auto" else recipe.device
    check_capabilities(recipe)
    total = sum(int(lengths.tokens.sum()) for lengths in looked)
    trained = sum(int(each.trained_within(recipe.max_tokens).sum()) for each in looked)
    known = bool(looked) and all(len(lengths) for lengths in looked)
    longest = max(int(lengths.tokens.max(initial=0)) for lengths in looked) if known else 0
    return estimate_memory(
        info.shape,
        recipe,
        device,
        longest_tokens=longest,
        trained_share=trained / total if total else 1.0,
        calibration=calibration_here(device, recipe.quantization),
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
    if summary.foreign:
        raise foreign_error(summary)
    if not summary.resumable and not summary.alive:
        why = summary.problem or f"{folder.id} is {summary.state.state}: nothing is left to do."
        raise RunError(why, "Train it again with other settings to go further.")
    if not args.anyway:
        check_same(workspace_of(args), folder)
    options = ("--anyway",) if args.anyway else ()
    return start_and_follow(folder, *options, detach=args.detach, as_json=args.json)


def foreign_error(summary: RunSummary) -> RunError:
    """Return why a run of another computer is only read."""
    return RunError(
        f"{summary.run} was copied from {summary.foreign}: here it is only read.",
        f"graft-studio runs reproduce {summary.run} --start trains it anew on this computer.",
    )


def start_and_follow(folder: RunFolder, *options: str, detach: bool, as_json: bool) -> int:
    """Start the run's engine and print what it does, unless detached; return the exit code.

    Raises:
        RunError: it is being trained already, or does not end well.
        EngineError: the engine could not be started.
    """
    if (running := engine_of(folder)) is not None:
        raise RunError(
            f"{folder.id} is being trained already, by process {running.pid}.",
            f"graft-studio runs stop {folder.id} stops it and keeps what it has learned.",
        )
    follower = None if detach else Follower(folder, as_json=as_json)
    pid = start_detached(engine_command("train", str(folder.path), *options), folder.log)
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


def _training(workspace: Workspace) -> list[RunSummary]:
    folders = (folder for folder in workspace.run_folders() if engine_of(folder) is not None)
    return [summarize(folder) for folder in folders]

"""What can be asked of a run that trains: stop, pause, discard, save, evaluate, sample and more."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.cli.train import start_and_follow
from studio.core.control import (
    DiscardAsked,
    EvaluateAsked,
    PauseAsked,
    RateAsked,
    RollBackAsked,
    SampleAsked,
    SaveAsked,
    StopAsked,
    Wish,
)
from studio.core.problems import RunError
from studio.core.recipe import KNOBS
from studio.core.runstate import State
from studio.core.units import learning_rate
from studio.core.workspace import RunFolder
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import checkpoint_steps, fault_of
from studio.data.runfiles import ask, engine_of, find_run, summarize


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of wish: its command, what it is for, and how it is made and answered."""

    command: str
    purpose: str
    make: Callable[[argparse.Namespace], Wish]
    follows: Callable[[argparse.Namespace], str]


_KINDS = (
    _Kind(
        "stop",
        "stop after this step and keep the adapter",
        lambda _: StopAsked(time=time.time()),
        lambda _: "stops after this step and keeps its adapter",
    ),
    _Kind(
        "pause",
        "commit a checkpoint and end, to be resumed",
        lambda _: PauseAsked(time=time.time()),
        lambda _: "commits a checkpoint and ends",
    ),
    _Kind(
        "discard",
        "end at once and keep nothing of what was not committed",
        lambda _: DiscardAsked(time=time.time()),
        lambda _: "ends at once; what is committed stays",
    ),
    _Kind(
        "rate",
        "go on with another highest learning rate",
        lambda args: RateAsked(learning_rate=_rate(args.value), time=time.time()),
        lambda args: f"goes on at a learning rate of {learning_rate(args.value)} after this step",
    ),
    _Kind(
        "save",
        "commit a checkpoint now and go on",
        lambda _: SaveAsked(time=time.time()),
        lambda _: "commits a checkpoint after this step",
    ),
    _Kind(
        "evaluate",
        "evaluate the held-out rows now and go on",
        lambda _: EvaluateAsked(time=time.time()),
        lambda _: "evaluates the held-out rows after this step",
    ),
    _Kind(
        "sample",
        "answer the fixed prompts now and go on",
        lambda args: SampleAsked(prompt=args.prompt, time=time.time()),
        lambda _: "answers the fixed prompts after this step",
    ),
    _Kind(
        "roll-back",
        "go back to a checkpoint and on from there",
        lambda args: RollBackAsked(
            step=args.step,
            learning_rate=_rate(args.rate) if args.rate else 0.0,
            time=time.time(),
        ),
        lambda args: f"goes back to step {args.step:,} after this step",
    ),
)


def add_wishes(acts: Commands) -> None:
    """Add a command for each wish to the parsers of runs."""
    for kind in _KINDS:
        parser = acts.add_parser(kind.command, help=kind.purpose)
        parser.add_argument("run_id", metavar="RUN")
        if kind.command == "rate":
            parser.add_argument("value", type=float, metavar="RATE", help="such as 1e-4")
        elif kind.command == "sample":
            parser.add_argument("--prompt", default="", metavar="TEXT", help="one prompt to add")
        elif kind.command == "roll-back":
            parser.add_argument("step", type=int, metavar="STEP", help="of a checkpoint")
            parser.add_argument("--rate", type=float, metavar="RATE", help="a new learning rate")
        add_shared(parser)
        parser.set_defaults(run=_wish, kind=kind)


def _wish(args: argparse.Namespace) -> int:
    folder, kind = find_run(workspace_of(args).run(args.run_id)), args.kind
    engine = engine_of(folder)
    if engine is None and kind.command == "roll-back":
        return _go_back(folder, kind.make(args), as_json=args.json)
    if engine is None:
        state = summarize(folder).state.state
        hint = "graft-studio resume goes on with it." if state is not State.DONE else ""
        raise RunError(f"{folder.id} is not running: it is {state}.", hint)
    wish = kind.make(args)
    if isinstance(wish, RollBackAsked):
        _check_step(folder, wish.step)
    ask(folder, wish)
    if args.json:
        say_json({"run": folder.id, "pid": engine.pid})
    else:
        say(f"{folder.id} {kind.follows(args)}.")
    return 0


def _go_back(folder: RunFolder, wish: RollBackAsked, *, as_json: bool) -> int:
    """Start an engine that first goes back: a run that diverged would take no other step."""
    _check_step(folder, wish.step)
    ask(folder, wish)
    return start_and_follow(folder, detach=True, as_json=as_json)


def _check_step(folder: RunFolder, step: int) -> None:
    """Refuse a step that has no whole checkpoint.

    Raises:
        RunError: there is none.
    """
    steps = checkpoint_steps(folder)
    if not step:
        return  # the start needs none
    if step not in steps:
        listing = ", ".join(f"{s:,}" for s in sorted(steps))
        hint = f"There is one at {listing}." if steps else "None was committed yet."
        raise RunError(f"There is no checkpoint at step {step:,}.", hint)
    if fault := fault_of(checkpoint_folder(folder, step)):
        raise RunError(f"The checkpoint of step {step:,} {fault}.", "Take another one.")


def _rate(value: float) -> float:
    """Return a learning rate that can be one.

    Raises:
        RunError: it is out of range.
    """
    knob = KNOBS["learning_rate"]
    assert knob.low is not None
    assert knob.high is not None
    if not knob.low <= value <= knob.high:
        raise RunError(
            f"A learning rate of {value:g} cannot be.",
            f"Give one from {learning_rate(knob.low)} to {learning_rate(knob.high)}.",
        )
    return value

"""Commands about runs: list and show; what can be done with them stands beside this module."""

from __future__ import annotations

import argparse
from typing import Any

from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.cli.rundiffs import add_diffs
from studio.cli.runguard import guard_document, guard_facts
from studio.cli.runnotes import add_notes
from studio.cli.runqueue import add_queue
from studio.cli.runrows import add_rows
from studio.cli.runwishes import add_wishes
from studio.core.units import NO_VALUE, gib, signed
from studio.data.checkpoints import checkpoints_of
from studio.data.runfiles import RunSummary, engine_of, find_run, read_origin, summarize


def add_commands(commands: Commands) -> None:
    """Add runs with all its acts."""
    runs = commands.add_parser("runs", help="list, show, compare, queue, stop or pause runs")
    acts = runs.add_subparsers(dest="act", metavar="ACT", required=True)
    listing = acts.add_parser("list", help="all runs, newest first")
    add_shared(listing)
    listing.set_defaults(run=_list)
    show = acts.add_parser("show", help="one run")
    show.add_argument("run_id", metavar="RUN")
    add_shared(show)
    show.set_defaults(run=_show)
    add_wishes(acts)
    add_queue(acts)
    add_diffs(acts)
    add_notes(acts)
    add_rows(acts)


def _list(args: argparse.Namespace) -> int:
    found = [summarize(folder) for folder in workspace_of(args).run_folders()]
    if args.json:
        say_json({"runs": [_brief(summary) for summary in found]})
        return 0
    if not found:
        say("This workspace has no runs yet.")
    if found:
        say(_line("run", "state", "step", "held-out", "general", "title"))
    for summary in found:
        say(_row(summary))
    return 0


def _row(summary: RunSummary) -> str:
    """Return a run as a line: its general change has a minus where it got worse."""
    state, end = summary.state, summary.outcome
    loss = state.target_loss
    return _line(
        summary.run,
        "unreadable" if summary.problem else state.state,
        f"{state.step:,} of {state.total_steps:,}" if state.total_steps else NO_VALUE,
        NO_VALUE if loss is None else f"{loss:.3f}",
        NO_VALUE if end is None else signed(-end.lost, 3),
        "" if summary.title == summary.run else " ".join(summary.title.split()),
    )


def _line(run: str, state: str, step: str, held: str, general: str, title: str) -> str:
    return f"{run:<34} {state:<13} {step:>12} {held:>9} {general:>8}  {title[:60]}".rstrip()


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
                "processes": state.processes,
                "precision": state.precision,
                "quantization": state.quantization,
                "summary": state.summary or summary.problem,
                "hint": state.hint,
                "adapter": str(summary.adapter) if summary.adapter else None,
                "mix": read_origin(summary.folder).get("mix", []),
                "notes": summary.notes,
                "start_from": summary.start_from or None,
                "copied_from": summary.foreign or None,
            }
            | guard_document(summary.folder)
        )
        return 0
    for name, value in (*_facts(summary), *guard_facts(summary.folder)):
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
        *([("title", summary.title)] if summary.title not in ("", summary.run) else []),
        ("state", " · ".join(p for p in (state.state, state.summary, summary.problem) if p)),
        ("dataset", summary.dataset),
        *([("mix", _mix(summary))] if summary.mix else []),
        ("model", summary.model),
        ("method", summary.method),
        ("step", f"{state.step:,} of {state.total_steps:,}" if state.total_steps else NO_VALUE),
        ("held-out", _losses(summary)),
        ("peak", f"{peak}, predicted {predicted}"),
        *([("comes from", summary.start_from)] if summary.start_from else []),
        *([("copied from", f"{summary.foreign}: only read here")] if summary.foreign else []),
        *([("tags", ", ".join(summary.tags))] if summary.tags else []),
        *([("notes", summary.notes)] if summary.notes else []),
    ]


def _losses(summary: RunSummary) -> str:
    told = " → ".join(f"{step}: {loss:.3f}" for step, loss in summary.evaluations)
    return told or NO_VALUE


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
        "general_change": None if summary.outcome is None else -summary.outcome.lost,
        "problem": summary.problem or None,
        "tags": list(summary.tags),
    }

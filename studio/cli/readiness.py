"""The command ``readiness``: what an adapter costs, what it lost, and when the base should answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.engineprogress import PAUSED, carry_out
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.evaluationmessages import LookAtReadiness
from studio.core.problems import DataError
from studio.core.readiness import readiness_body
from studio.core.readinesswords import HEADS, about, findings, table
from studio.core.routing import rule_text
from studio.data.readiness import ReadinessLooks, ReadinessSummary
from studio.data.readinessrows import make_readiness
from studio.data.runfiles import find_run


def add_commands(commands: Commands) -> None:
    """Add readiness."""
    parser = commands.add_parser(
        "readiness",
        help="look at an adapter before it is put to use",
        description="Times base, adapter and merged model, asks general questions, and suggests a "
        "rule that sends prompts outside the domain to the base. Ctrl-C pauses; the same command "
        "goes on where it was.",
    )
    parser.add_argument("run_id", metavar="RUN", help="a run that has an adapter")
    parser.add_argument(
        "--adapter", default="", metavar="A", help="a step of RUN, or a folder; default: RUN's own"
    )
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto")
    parser.add_argument("--rule", type=Path, metavar="FILE", help="write the rule as JSON")
    add_shared(parser)
    parser.set_defaults(run=_look)


def _look(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    run = find_run(workspace.run(args.run_id))
    setup = make_readiness(workspace, run, args.adapter, args.device)
    with ReadinessLooks(workspace.evaluations) as store:
        number = store.same(setup) or store.add(setup)
        ended = carry_out(
            lambda of: LookAtReadiness(id=of, store=str(workspace.evaluations), look=number)
        )
        if ended.state != "done":
            note(f"Paused at {ended.done:,} of {ended.total:,}. The same command goes on.")
            return PAUSED
        summary = store.one(number)
    if args.rule:
        _write_rule(summary, args.rule)
    if args.json:
        say_json(
            {"readiness": number, "adapter": summary.setup.name} | readiness_body(summary.found)
        )
    else:
        _say(summary)
    return 0


def _write_rule(summary: ReadinessSummary, path: Path) -> None:
    if summary.found.routing is None:
        note(f"No rule was written. {summary.found.no_rule}")
        return
    try:
        path.write_text(rule_text(summary.found.routing) + "\n", encoding="utf-8")
    except OSError as err:
        raise DataError(
            f"{path} cannot be written: {err.strerror or err}.", "Choose another place."
        ) from err


def _say(summary: ReadinessSummary) -> None:
    if summary.found.speeds is not None:
        say(f"{summary.setup.name}: {about(summary.found.speeds)}\n")
    rows = [HEADS, *table(summary.found)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEADS))]
    for row in rows:
        say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    for said in findings(summary.found):
        say(f"\n{said.fact}\n  {said.why}")

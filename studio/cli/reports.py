"""The command ``report``: a run as one page to read, print and send."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.data.modelcard import write_card
from studio.data.report import write_report


def add_commands(commands: Commands) -> None:
    """Add report."""
    parser = commands.add_parser(
        "report",
        help="write a run's recipe, data, curves and scores as one page",
        description="Writes one page of HTML that needs nothing else, and the same as Markdown.",
    )
    parser.add_argument("run_id", metavar="RUN")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE.html",
        help="the Markdown is written beside it; default: report.html in the run's folder",
    )
    parser.add_argument(
        "--card",
        action="store_true",
        help="also write a model card, README.md, into the adapter's folder",
    )
    add_shared(parser)
    parser.set_defaults(run=_report)


def _report(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    card = write_card(workspace, args.run_id) if args.card else None
    target = args.out.expanduser().absolute() if args.out is not None else None
    written = write_report(workspace, args.run_id, target)
    if args.json:
        told = {"run": args.run_id, "html": str(written.html), "markdown": str(written.markdown)}
        say_json(told | {"card": str(card) if card is not None else None})
        return 0
    for path in (written.html, written.markdown, card):
        if path is not None:
            say(str(path))
    return 0

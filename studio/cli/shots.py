"""The command that writes pictures of every page."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of


def add_commands(commands: Commands) -> None:
    """Add the parsers of this group."""
    parser = commands.add_parser(
        "shots", help="write a picture of every page", description="Writes a PNG of every page."
    )
    parser.add_argument("folder", metavar="OUT_DIR", type=Path, help="where the pictures go")
    parser.add_argument(
        "--no-chat", action="store_true", help="do not load a model to answer a question"
    )
    add_shared(parser)
    parser.set_defaults(run=_shots)


def _shots(args: argparse.Namespace) -> int:
    from studio.ui.shots import write_shots  # Qt is loaded only for the window

    folder = args.folder.expanduser().resolve()
    files = write_shots(workspace_of(args), folder, chat=not args.no_chat, tell=note)
    if args.json:
        say_json({"files": [str(path) for path in files]})
    else:
        say(f"{len(files)} pictures are in {folder}")
    return 0

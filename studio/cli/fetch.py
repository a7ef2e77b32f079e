"""The command ``models fetch``: brings a model into the workspace."""

from __future__ import annotations

import argparse
import os
import sys

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.problems import EngineError, FetchError
from studio.core.protocol import Fetched, Progress, RequestFailed
from studio.core.units import file_size
from studio.core.workspace import Workspace
from studio.machine.enginecommand import TOKEN, engine_command, replies
from studio.machine.network import check_network
from studio.machine.secrets import TokenStore


def add_fetch(commands: Commands) -> None:
    """Add the parser of ``fetch`` to the commands about models."""
    parser = commands.add_parser(
        "fetch", help="bring a model into the workspace", description="Brings a model here."
    )
    parser.add_argument("model", help='"starter", or a model\'s name on the Hub: owner/name')
    add_shared(parser)
    parser.set_defaults(run=_fetch)


def _fetch(args: argparse.Namespace) -> int:
    fetched = fetch_model(workspace_of(args), args.model)
    if args.json:
        say_json({"path": fetched.path, "source": fetched.source})
    else:
        say(f"{fetched.path}\n{fetched.source}")
    return 0


def fetch_model(workspace: Workspace, model: str) -> Fetched:
    """Fetch a model, or what is missing of it, and note the progress on stderr.

    A model of the Hub that was begun and ended goes on where it stopped.

    Raises:
        FetchError: the model could not be fetched, or nothing may be.
        EngineError: the process that fetches ended without an answer.
    """
    check_network(hub=model != "starter")
    command = engine_command("fetch", model, "--into", str(workspace.models))
    last = ""
    token = "" if model == "starter" or TOKEN in os.environ else TokenStore().read()
    for reply in replies(command, network=True, token=token):
        if isinstance(reply, Fetched):
            return reply
        if isinstance(reply, RequestFailed):
            raise FetchError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, Progress):
            last = _note_progress(reply, last)
    raise EngineError("The fetching process ended without an answer.", "Fetch it again.")


def _note_progress(progress: Progress, last: str) -> str:
    """Note a step once, and on a terminal its bytes as they come; return the step."""
    if progress.what != last:
        note(progress.what)
    elif progress.total and sys.stderr.isatty():
        sys.stderr.write(f"  {file_size(progress.done)} of {file_size(progress.total)}\r")
        sys.stderr.flush()
    return progress.what

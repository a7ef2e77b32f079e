"""What commands share: options, and printing for people or as one JSON document."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
from pathlib import Path
from typing import Any, TypeAlias

import orjson

from studio.core.problems import StudioError
from studio.core.workspace import Workspace
from studio.machine.places import default_workspace

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
"""What ``add_subparsers`` returns; argparse has no public name for it."""
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202d\u202e]")


def add_shared(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command has."""
    parser.add_argument(
        "--workspace", metavar="DIR", default=argparse.SUPPRESS, help="folder with everything"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def workspace_of(args: argparse.Namespace) -> Workspace:
    """Return the workspace that the arguments or GRAFT_WORKSPACE name, made if missing."""
    named = getattr(args, "workspace", None) or os.environ.get("GRAFT_WORKSPACE")
    return Workspace(Path(named).expanduser().resolve() if named else default_workspace()).create()


def plain(text: str) -> str:
    """Return a text that a terminal shows as it is: of control characters only line breaks stay.

    Titles, notes and answers may come from another computer, and would else move the cursor.
    """
    return _CONTROLS.sub("\ufffd", text.expandtabs(4))


def forgive_terminal() -> None:
    """Let a sign that the terminal's encoding lacks be a question mark, not the end of the command."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def say(text: str) -> None:
    """Print one line for people."""
    sys.stdout.write(plain(text) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Print one line about progress, beside the result."""
    sys.stderr.write(plain(text) + "\n")
    sys.stderr.flush()


def say_json(document: Any) -> None:
    """Print one JSON document on one line."""
    sys.stdout.buffer.write(_json_line(document))
    sys.stdout.buffer.flush()


def report(problem: StudioError, *, as_json: bool) -> None:
    """Print a problem as a sentence with its way out, on stderr."""
    if as_json:
        error = {"summary": problem.summary, "hint": problem.hint}
        sys.stderr.buffer.write(_json_line({"error": error}))
        sys.stderr.buffer.flush()
        return
    sys.stderr.write(plain(f"{problem.summary} {problem.hint}".strip()) + "\n")


def _json_line(document: Any) -> bytes:
    """Return a document as one line of JSON; what is no text in a file's name as its escapes."""
    try:
        return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:
        return json.dumps(document).encode() + b"\n"

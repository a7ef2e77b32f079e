"""Flags of the commands that render rows: model, limit, template, system prompt."""

from __future__ import annotations

import argparse
from pathlib import Path

from studio.core.problems import RecipeError
from studio.core.recipe import DEFAULTS
from studio.core.templates import BUILT_INS


def add_rendering(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the flags; the model may be left out where texts alone say something."""
    parser.add_argument(
        "--model", metavar="M", required=required, default="", help="a model's name or folder"
    )
    parser.add_argument(
        "--max-tokens", metavar="N", type=_whole, default=DEFAULTS["max_tokens"], help="the limit"
    )
    parser.add_argument("--system-prompt", metavar="TEXT", default="")
    parser.add_argument(
        "--template",
        metavar="T",
        default="",
        help=f"{', '.join(BUILT_INS)}, or a file with Jinja; the model's own if not given",
    )


def template_of(args: argparse.Namespace) -> str:
    """Return the template that was asked for as a recipe has it.

    Raises:
        RecipeError: it is neither a name nor a file that can be read.
    """
    given: str = args.template
    if not given or given in BUILT_INS:
        return given
    try:
        return Path(given).expanduser().read_text(encoding="utf-8")
    except (OSError, ValueError) as err:
        raise RecipeError(
            {"template": f"is {given!r}, neither a name nor a file that can be read: {err}"},
            f"The names are {', '.join(BUILT_INS)}.",
        ) from err


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)

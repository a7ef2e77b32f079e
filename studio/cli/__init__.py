"""The same commands without a window: core, data and machine; engines as processes.

Each module of this package has ``add_commands(commands)``, which adds its parsers; a parser's
``run`` default takes the parsed arguments and returns the exit code.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from studio import __version__
from studio.cli.output import forgive_terminal, report
from studio.core.problems import StudioError


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    from studio.cli import (
        chat,
        data,
        doctor,
        evaluate,
        fit,
        models,
        readiness,
        reports,
        runs,
        shots,
        train,
    )

    parser = argparse.ArgumentParser(
        prog="graft-studio",
        description="Fine-tune a language model on your own workstation.",
        epilog="Without a command the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"graft-studio {__version__}")
    parser.add_argument("--workspace", metavar="DIR", help="folder with everything of one user")
    parser.add_argument("--demo", action="store_true", help="open the window on the example")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    judging = (evaluate, readiness, reports)
    for module in (doctor, models, fit, data, train, runs, chat, *judging, shots):
        module.add_commands(commands)
    return parser


def run_command(argv: Sequence[str]) -> int:
    """Carry out one command; return its exit code: 1 for a problem, 2 for wrong usage."""
    forgive_terminal()
    args = build_parser().parse_args(argv)
    try:
        return int(args.run(args))
    except StudioError as problem:
        report(problem, as_json=getattr(args, "json", False))
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")
        return 130
    except BrokenPipeError:  # the reader of our output is gone, as in `| head`
        sys.stderr.close()
        return 0

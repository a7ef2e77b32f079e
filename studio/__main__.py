"""The entry: a command on the command line, or the window."""

from __future__ import annotations

import sys


def main() -> int:
    """Run a command, or open the window when there is none."""
    from studio.cli import build_parser, run_command

    argv = sys.argv[1:]
    args = build_parser().parse_args(argv)
    if args.command:
        return run_command(argv)
    from studio.ui.start import open_studio  # Qt is loaded only for the window

    return open_studio(demo=args.demo, workspace=args.workspace)


if __name__ == "__main__":
    sys.exit(main())

"""Commands of the group chat."""

from __future__ import annotations

from studio.cli.output import Commands


def add_commands(commands: Commands) -> None:
    """Add the parsers of this group."""

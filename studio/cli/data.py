"""Commands about datasets: ``data import|check|stats|export|split|mix``."""

from __future__ import annotations

from studio.cli.datachecks import add_checks
from studio.cli.dataexport import add_convert, add_export
from studio.cli.dataimport import add_import
from studio.cli.datasplits import add_mix, add_split
from studio.cli.output import Commands
from studio.cli.preview import add_preview


def add_commands(commands: Commands) -> None:
    """Add the parsers of this group."""
    data = commands.add_parser("data", help="import, check and export datasets")
    group = data.add_subparsers(dest="data_command", metavar="COMMAND", required=True)
    add_import(group)
    add_checks(group)
    add_export(group)
    add_convert(group)
    add_split(group)
    add_mix(group)
    add_preview(commands)

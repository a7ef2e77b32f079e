"""The command ``data import``: files of rows or of text become a dataset."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from studio.cli.foreign import add_foreign, foreign_plans, is_foreign, title_of
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data.datasetnames import free_name
from studio.data.importing import ImportReport, import_files, read_as
from studio.data.layouts import ANY_KIND, ROLES
from studio.data.looking import Plan, look_at
from studio.data.textrows import Each

_SHOWN = 20
"""Problems printed one by one for people; the rest is counted."""


def add_import(group: Commands) -> None:
    """Add the parser of ``data import``."""
    roles = sorted({role for named in ROLES.values() for role in named} | set(ANY_KIND))
    parser = group.add_parser("import", help="make a dataset of files of rows or of text")
    parser.add_argument(
        "files", metavar="FILE", type=Path, nargs="+", help="or hub:OWNER/NAME[@REVISION]"
    )
    parser.add_argument("--name", metavar="N", help="name of the dataset; the file's if not given")
    parser.add_argument(
        "--map",
        metavar="COL=ROLE",
        action="append",
        type=_pair,
        help=f"which column is what: {', '.join(roles)}; others are kept as they are",
    )
    parser.add_argument(
        "--kind", choices=[kind.value for kind in Kind], help="what the rows become"
    )
    parser.add_argument(
        "--each",
        choices=[each.value for each in Each],
        default=Each.FILE.value,
        help="of running text: what becomes a row",
    )
    parser.add_argument("--encoding", default="", help="of the files, if it is not found out")
    parser.add_argument(
        "--any-size", action="store_true", help="read packed files however large they become"
    )
    add_foreign(parser)
    add_shared(parser)
    parser.set_defaults(run=_import)


def _pair(text: str) -> tuple[str, str]:
    column, equals, role = text.rpartition("=")
    if not equals or not column:
        raise argparse.ArgumentTypeError(f"{text!r} is not COLUMN=ROLE")
    return column, role


def _import(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    paths = [path.expanduser() for path in args.files]
    name = args.name or free_name(workspace, title_of(paths[0], args))
    if args.name and free_name(workspace, args.name) != args.name:
        raise DataError(
            f"{args.name!r} cannot be the dataset's name.",
            f"It is taken, or no file name; {free_name(workspace, args.name)!r} is free.",
        )
    mapping = dict(args.map) if args.map else None
    kind = Kind(args.kind) if args.kind else None
    with tempfile.TemporaryDirectory(dir=workspace.datasets, prefix=".import-") as folder:
        plans = [plan for path in paths for plan in _plans(path, Path(folder), args)]
        plans = [read_as(plan, kind, mapping) for plan in plans]
        report = import_files(plans, workspace.dataset(name))
    if args.json:
        say_json({"dataset": name} | _document(report))
        return 0
    say(f"{name}: {report.sentence}")
    for remark in report.remarks:
        note(f"  {remark}")
    for p in report.problems[:_SHOWN]:
        note(f"  {p.file}{', ' if p.file else ''}line {p.line}, byte {p.byte}: {p.reason}")
    if (more := len(report.problems) + report.unlisted - _SHOWN) > 0:
        note(f"  and {more:,} more; --json lists them")
    return 0


def _plans(path: Path, folder: Path, args: argparse.Namespace) -> list[Plan]:
    def look(file: Path) -> list[Plan]:
        return look_at(file, each=Each(args.each), encoding=args.encoding, unlimited=args.any_size)

    return foreign_plans(path, folder, args, look) if is_foreign(path) else look(path)


def _document(report: ImportReport) -> dict[str, object]:
    problems = [
        {"line": p.line, "byte": p.byte, "reason": p.reason, "preview": p.preview, "file": p.file}
        for p in report.problems
    ]
    return {
        "rows": report.rows,
        "kind": report.kind.value,
        "problems": problems,
        "unlisted": report.unlisted,
        "mapping": report.mapping,
        "files": report.files,
        "remarks": report.remarks,
    }

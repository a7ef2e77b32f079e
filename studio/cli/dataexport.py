"""The commands ``data export`` and ``data convert``: a dataset as a file, or as another kind."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from studio.cli.engineask import ask_engine
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.example import SPLITS
from studio.core.problems import DataError
from studio.data.conversions import ways_from
from studio.data.converting import convert, way_named
from studio.data.datasetnames import free_name, resolve_dataset
from studio.data.exporting import export
from studio.data.exportplan import (
    Beside,
    Container,
    ExportPlan,
    container_of,
    layouts_for,
    losses,
)
from studio.data.finding import select_ids
from studio.data.layouts import Layout
from studio.data.store import Dataset
from studio.machine.enginecommand import engine_command

AS_IMPORTED = "as-imported"
_SHOWN = 20


def add_export(group: Commands) -> None:
    """Add the parser of ``data export``."""
    parser = group.add_parser("export", help="write a dataset to a file")
    parser.add_argument("dataset", metavar="N", help="name of the dataset")
    parser.add_argument(
        "file", metavar="FILE", type=Path, help="its ending says what it is: .jsonl, .csv, ..."
    )
    parser.add_argument(
        "--layout",
        default=AS_IMPORTED,
        help=f"{AS_IMPORTED}, or one of {', '.join(_layout_names())}",
    )
    parser.add_argument("--split", choices=SPLITS, default="", help="only the rows of this split")
    parser.add_argument("--filter", metavar="EXPR", default="", help="only the rows it finds")
    parser.add_argument(
        "--with",
        dest="beside",
        metavar="WHAT",
        action="append",
        choices=[what.value for what in Beside],
        default=[],
        help="also write this as a column: split, tags or note",
    )
    parser.add_argument(
        "--spreadsheet-safe",
        action="store_true",
        help="put a ' before cells that a spreadsheet would take for a formula; changes them",
    )
    parser.add_argument(
        "--dataset-info", action="store_true", help="write LLaMA-Factory's entry beside the file"
    )
    add_shared(parser)
    parser.set_defaults(run=_export)


def add_convert(group: Commands) -> None:
    """Add the parser of ``data convert``."""
    parser = group.add_parser("convert", help="make a dataset of another kind; this one stays")
    parser.add_argument("dataset", metavar="N", help="name of the dataset")
    parser.add_argument(
        "--to", metavar="KIND", required=True, help="triple, conversation, kto, ..."
    )
    parser.add_argument("--how", metavar="WAY", default="", help="if there is more than one way")
    parser.add_argument("--name", metavar="M", help="name of the new dataset")
    add_shared(parser)
    parser.set_defaults(run=_convert)


def _layout_names() -> list[str]:
    return [layout.value for layout in Layout if layout not in (Layout.OWN, Layout.QUESTION_ANSWER)]


def _export(args: argparse.Namespace) -> int:
    path: Path = args.file.expanduser()
    source = resolve_dataset(workspace_of(args), args.dataset)
    with Dataset.open(source, read_only=True) as data:
        plan = _plan(args, data, path)
        if not args.json:
            for loss in losses(data.kind, plan):
                note(f"  {loss}")
        if plan.container is Container.PARQUET:
            return _export_parquet(args, source, path, plan)
        report = export(data, path, plan)
    if args.json:
        reasons = [{"row": at - 1, "reason": reason} for at, reason in report.reasons]
        document = {"path": str(path.resolve()), "rows": report.rows, "records": report.lines}
        say_json(document | {"left_out": report.left_out, "reasons": reasons})
        return 0
    say(report.sentence)
    for at, reason in report.reasons[1:_SHOWN]:
        note(f"  row {at:,}: {reason}")
    return 0


def _plan(args: argparse.Namespace, data: Dataset, path: Path) -> ExportPlan:
    container, packed = container_of(path)
    layout = None
    if args.layout != AS_IMPORTED:
        offered = {layout.value: layout for layout in layouts_for(data.kind)}
        if args.layout not in offered:
            raise DataError(
                f"Rows of the kind {data.kind} cannot be written as {args.layout!r}.",
                f"They can be written as {AS_IMPORTED}, {', '.join(offered)}.",
            )
        layout = offered[args.layout]
    return ExportPlan(
        container,
        layout,
        packed,
        ids=select_ids(data, args.filter) if args.filter else None,
        split=args.split,
        beside=frozenset(Beside(what) for what in args.beside),
        escape=args.spreadsheet_safe,
        info=args.dataset_info,
    )


def _export_parquet(args: argparse.Namespace, source: Path, path: Path, plan: ExportPlan) -> int:
    """Have the engine write it: the library for Parquet is there."""
    command = engine_command("exchange", "export", str(source), "--into", str(path))
    with tempfile.TemporaryDirectory() as folder:
        if plan.ids is not None:
            ids = Path(folder) / "ids.npy"
            np.save(ids, plan.ids, allow_pickle=False)
            command += ["--ids", str(ids)]
        done = ask_engine([*command, "--plan", _json(replace(plan, ids=None))])
    if args.json:
        say_json({"path": str(path.resolve()), "rows": done.rows, "notes": done.notes})
    else:
        say("\n".join(done.notes))
    return 0


def _json(plan: ExportPlan) -> str:
    import json  # the only use of it here

    return json.dumps(plan.body)


def _convert(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    with Dataset.open(resolve_dataset(workspace, args.dataset), read_only=True) as data:
        way = way_named(data.kind, args.to, args.how)
        name = args.name or free_name(workspace, f"{args.dataset}-{way.to_name}")
        if args.name and free_name(workspace, args.name) != args.name:
            raise DataError(
                f"{args.name!r} cannot be the dataset's name.",
                f"It is taken, or no file name; {free_name(workspace, args.name)!r} is free.",
            )
        if not args.json:
            note(f"{way.title}. {way.loses}".strip())
            others = [each.how for each in ways_from(data.kind) if each.to_name == way.to_name]
            if len(others) > 1 and not args.how:
                note(f"  Other ways: {', '.join(f'--how {how}' for how in others[1:])}")
        report = convert(data, workspace.dataset(name), way)
    if args.json:
        document = {"dataset": name, "rows": report.rows, "left_out": report.left_out}
        say_json(document | {"kind": way.to.value, "how": way.how, "loses": way.loses})
    else:
        say(f"{name}: {report.sentence}")
    return 0

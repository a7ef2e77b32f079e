"""Commands about datasets: ``data import|export|check``, and ``preview`` of one row."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from studio.cli.checkrows import check_rows
from studio.cli.dataimport import add_import
from studio.cli.datasplits import add_mix, add_split
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.problems import DataError, StudioError
from studio.core.protocol import CheckRows, RenderRow, RequestFailed, RowRendered
from studio.core.recipe import DEFAULTS
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.exporting import export_jsonl
from studio.data.store import Dataset, Row
from studio.machine.enginecommand import engine_command, replies
from studio.machine.models import resolve_model

_SHOWN = 20
"""Problems printed one by one for people; the rest is counted."""


def add_commands(commands: Commands) -> None:
    """Add the parsers of this group."""
    data = commands.add_parser("data", help="import, check and export datasets")
    group = data.add_subparsers(dest="data_command", metavar="COMMAND", required=True)
    add_import(group)
    check = group.add_parser("check", help="say what training would make of each row")
    check.add_argument("dataset", metavar="N", help="name of the dataset")
    _add_rendering(check)
    check.set_defaults(run=_check)
    export = group.add_parser("export", help="write a dataset as JSON lines")
    export.add_argument("dataset", metavar="N", help="name of the dataset")
    export.add_argument("file", metavar="FILE", type=Path)
    export.add_argument("--split", default="", help="only the rows of this split")
    add_shared(export)
    export.set_defaults(run=_export)
    add_split(group)
    add_mix(group)
    preview = commands.add_parser("preview", help="show a row as the model sees it")
    preview.add_argument("dataset", metavar="N", help="name of the dataset")
    preview.add_argument("--row", metavar="I", type=int, required=True, help="counts from 0")
    _add_rendering(preview)
    preview.set_defaults(run=_preview)


def _add_rendering(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", metavar="M", required=True, help="a model's name or folder")
    parser.add_argument(
        "--max-tokens", metavar="N", type=_whole, default=DEFAULTS["max_tokens"], help="the limit"
    )
    parser.add_argument("--system-prompt", metavar="TEXT", default="")
    add_shared(parser)


def _whole(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _export(args: argparse.Namespace) -> int:
    path: Path = args.file.expanduser()
    with Dataset.open(resolve_dataset(workspace_of(args), args.dataset), read_only=True) as data:
        rows = export_jsonl(data, path, args.split)
    if args.json:
        say_json({"path": str(path.resolve()), "rows": rows})
    else:
        say(f"{rows:,} rows are in {path}.")
    return 0


def _check(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    path = resolve_dataset(workspace, args.dataset)
    request = CheckRows(
        id=1,
        model=str(resolve_model(workspace, args.model)),
        dataset=str(path),
        max_tokens=args.max_tokens,
        system_prompt=args.system_prompt,
    )
    rows, findings = check_rows(request)
    with Dataset.open(path, read_only=True) as dataset:
        place = {row: at for at, row in enumerate(dataset.ids.tolist())}
    problems: list[dict[str, Any]] = [
        {"row": place.get(row), "code": code, "level": level, "message": summary, "hint": hint}
        for code, level, summary, hint, row_ids in findings
        for row in (row_ids or [None])
    ]
    if args.json:
        tokens = [{"row": place.get(row[0]), "tokens": row[1], "trained": row[2]} for row in rows]
        say_json({"rows": len(rows), "problems": problems, "tokens": tokens})
        return 0
    say(f"{len(rows):,} rows, {sum(row[1] for row in rows):,} tokens, {len(problems):,} problems.")
    for problem in problems[:_SHOWN]:
        where = "  " if problem["row"] is None else f"  row {problem['row']}: "
        say(f"{where}{problem['message']}")
    if len(problems) > _SHOWN:
        note(f"  and {len(problems) - _SHOWN:,} more; --json lists them")
    return 0


def _preview(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    row = _row_at(workspace, args.dataset, args.row)
    request = RenderRow(
        id=1,
        model=str(resolve_model(workspace, args.model)),
        instruction=row.instruction,
        input=row.input,
        output=row.output,
        max_tokens=args.max_tokens,
        system_prompt=args.system_prompt,
    )
    rendered: RowRendered | None = None
    for reply in replies(engine_command("render"), request):
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, RowRendered):
            rendered = reply
    if rendered is None:
        raise DataError(f"Row {args.row} was not rendered.", "Do it again.")
    if args.json:
        say_json(_preview_document(rendered))
        return 0
    for token_id, text, state, _special in rendered.tokens:
        say(f"{token_id:>8}  {state:8} {text!r}")
    for _code, _level, summary, hint in rendered.findings:
        note(f"{summary} {hint}".strip())
    return 0


def _row_at(workspace: Workspace, name: str, position: int) -> Row:
    with Dataset.open(resolve_dataset(workspace, name), read_only=True) as dataset:
        found = dataset.read(position, position + 1) if position >= 0 else []
        if not found:
            raise DataError(
                f"There is no row {position}: {name} has {len(dataset):,} rows.",
                "Rows count from 0.",
            )
    return found[0]


def _preview_document(rendered: RowRendered) -> dict[str, Any]:
    tokens = [
        {"id": token_id, "text": text, "state": state, "special": bool(special)}
        for token_id, text, state, special in rendered.tokens
    ]
    findings = [
        {"code": code, "level": level, "message": summary, "hint": hint}
        for code, level, summary, hint in rendered.findings
    ]
    return {"tokens": tokens, "findings": findings}

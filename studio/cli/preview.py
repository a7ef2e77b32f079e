"""``preview``: a row of any kind as the model sees it."""

from __future__ import annotations

import argparse
from typing import Any

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.cli.rendering import add_rendering, template_of
from studio.core.problems import DataError, StudioError
from studio.core.protocol import RenderRow, RequestFailed, RowRendered
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.store import Dataset, Row
from studio.machine.enginecommand import engine_command, replies
from studio.machine.models import resolve_model


def add_preview(commands: Commands) -> None:
    """Add the parser."""
    preview = commands.add_parser("preview", help="show a row as the model sees it")
    preview.add_argument("dataset", metavar="N", help="name of the dataset")
    preview.add_argument("--row", metavar="I", type=int, required=True, help="counts from 0")
    add_rendering(preview)
    add_shared(preview)
    preview.set_defaults(run=_preview)


def _preview(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    row = _row_at(workspace, args.dataset, args.row)
    rendered = _rendered(
        RenderRow(
            id=1,
            model=str(resolve_model(workspace, args.model)),
            row_kind=row.kind,
            texts=list(row.texts),
            max_tokens=args.max_tokens,
            template=template_of(args),
            system_prompt=args.system_prompt,
        )
    )
    if args.json:
        say_json(_document(row, rendered))
        return 0
    for part in rendered.parts:
        if part["name"]:
            say(f"{part['name']}:")
        for token_id, text, state, _special, whose in part["tokens"]:
            say(f"{token_id:>8}  {state:8} {whose:10} {text!r}")
    note(f"Template: {rendered.template}.")
    for _code, _level, summary, hint in rendered.findings:
        note(f"{summary} {hint}".strip())
    return 0


def _rendered(request: RenderRow) -> RowRendered:
    for reply in replies(engine_command("render"), request):
        if isinstance(reply, RequestFailed):
            raise StudioError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, RowRendered):
            return reply
    raise DataError("The row was not rendered.", "Do it again.")


def _row_at(workspace: Workspace, name: str, position: int) -> Row:
    with Dataset.open(resolve_dataset(workspace, name), read_only=True) as dataset:
        found = dataset.read(position, position + 1) if position >= 0 else []
        if not found:
            raise DataError(
                f"There is no row {position}: {name} has {len(dataset):,} rows.",
                "Rows count from 0.",
            )
    return found[0]


def _document(row: Row, rendered: RowRendered) -> dict[str, Any]:
    """Return what is printed as JSON: tokens are those of the first part, often the only one."""
    parts = [
        {
            "name": part["name"],
            "tokens": [
                {"id": token, "text": text, "state": state, "special": special, "whose": whose}
                for token, text, state, special, whose in part["tokens"]
            ],
        }
        for part in rendered.parts
    ]
    findings = [
        {"code": code, "level": level, "message": summary, "hint": hint}
        for code, level, summary, hint in rendered.findings
    ]
    return {
        "kind": row.kind,
        "template": rendered.template,
        "tokens": parts[0]["tokens"] if parts else [],
        "parts": parts,
        "findings": findings,
    }

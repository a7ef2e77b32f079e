"""What runs do not share: diff between two of them, and reproduce between then and now."""

from __future__ import annotations

import argparse
from typing import Any

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.cli.train import estimate_of, prepared, start_and_follow
from studio.core.knobtitles import words_of
from studio.core.problems import RunError
from studio.core.recipediff import differences
from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.data.reproducing import compare_with_now, device_now, reproduced
from studio.data.rowsdiff import RowChange, RowsDiff, rows_difference
from studio.data.runfiles import find_run
from studio.machine.devices import read_machine

SHOWN = 5
"""Rows of each kind that are printed for people."""
_WORDS = {"added": "only in the second", "removed": "only in the first"}


def add_diffs(acts: Commands) -> None:
    """Add diff and reproduce to the parsers of runs."""
    diff = acts.add_parser("diff", help="the settings and rows that two runs do not share")
    diff.add_argument("first", metavar="RUN")
    diff.add_argument("second", metavar="RUN")
    add_shared(diff)
    diff.set_defaults(run=_diff)
    again = acts.add_parser("reproduce", help="what differs now from when a run was made")
    again.add_argument("run_id", metavar="RUN")
    again.add_argument(
        "--start", action="store_true", help="train it again, on the rows it was made with"
    )
    again.add_argument("--detach", action="store_true", help="return once it is started")
    add_shared(again)
    again.set_defaults(run=_reproduce)


def _diff(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    first, second = (find_run(workspace.run(run)) for run in (args.first, args.second))
    settings = differences([read_recipe(first.recipe), read_recipe(second.recipe)])
    rows = rows_difference(first, second)
    if args.json:
        told = [{"name": d.name, "title": d.title, "values": list(d.values)} for d in settings]
        say_json({"settings": told, "rows": _document(rows)})
        return 0
    if not settings:
        say("All settings are the same.")
    for each in settings:
        was, now = (words_of(each.name, value) for value in each.values)
        say(f"{each.title:<22} {was:<24} {now}")
    _say_rows(rows)
    return 0


def _say_rows(rows: RowsDiff) -> None:
    if rows.same:
        say(f"Both learn from the same {rows.rows[0]:,} rows.")
        return
    say(f"{rows.rows[0]:,} rows and {rows.rows[1]:,} rows:")
    for kind, changes in rows.examples.items():
        many = getattr(rows, kind)
        if not many:
            continue
        say(f"{many:,} {_WORDS.get(kind, kind)}")
        for change in changes[:SHOWN]:
            say(f"  {_line(change)}")
        if many > SHOWN:
            say(f"  and {many - SHOWN:,} more")


def _line(change: RowChange) -> str:
    texts = " · ".join(" ".join(text.split()) for _, text in change.after or change.before if text)
    where = f"{change.dataset} " if change.dataset else ""
    splits = " → ".join(dict.fromkeys(split for split in change.splits if split))
    return f"{where}row {change.row:,} ({splits}): {texts[:90]}"


def _document(rows: RowsDiff) -> dict[str, Any]:
    def body(change: RowChange) -> dict[str, Any]:
        return {
            "row": change.row,
            "dataset": change.dataset,
            "before": dict(change.before),
            "after": dict(change.after),
            "splits": list(change.splits),
        }

    counts = {kind: getattr(rows, kind) for kind in rows.examples}
    examples = {kind: [body(change) for change in found] for kind, found in rows.examples.items()}
    return {"rows": list(rows.rows), **counts, "examples": examples}


def _reproduce(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    source = find_run(workspace.run(args.run_id))
    found = compare_with_now(workspace, source, device_now(read_machine()))
    if args.json and not args.start:
        told = [
            {"what": c.what, "verdict": c.verdict, "sentence": c.sentence, "stops": c.stops}
            for c in found
        ]
        say_json({"run": source.id, "compared": told})
        return 0
    for each in found:
        (note if args.start else say)(f"{each.what:<9} {each.verdict:<8} {each.sentence}")
    if not args.start:
        return 0
    if stops := next((each for each in found if each.stops), None):
        raise RunError(f"{source.id} cannot be made again.", stops.sentence)
    return _start(args, source)


def _start(args: argparse.Namespace, source: RunFolder) -> int:
    workspace, recipe = workspace_of(args), reproduced(source)
    folder = prepared(workspace, recipe, estimate_of(workspace, recipe, []), source)
    if not args.json:
        note(f"Run {folder.id}")
    return start_and_follow(folder, detach=args.detach, as_json=args.json)

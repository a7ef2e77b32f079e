"""Commands that look into a dataset: ``data check`` and ``data stats``."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from studio.cli.checkrows import check_rows
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.cli.rendering import add_rendering, template_of
from studio.core.units import percent
from studio.core.workspace import Workspace
from studio.data.checks import sidecar
from studio.data.checks.found import Fault, Found, Lengths, details
from studio.data.checks.wholes import NEAR, NEAR_LEAST, NEAR_MOST
from studio.data.datasetnames import resolve_dataset
from studio.data.store import Dataset
from studio.machine.models import resolve_model

_SHOWN = 5
"""Rows named one by one for people in each class of problems."""


def add_checks(group: Commands) -> None:
    """Add the parsers of both commands."""
    check = group.add_parser("check", help="say what is wrong with the rows")
    check.add_argument("dataset", metavar="N", help="name of the dataset")
    check.add_argument(
        "--near",
        metavar="S",
        type=_near,
        default=NEAR,
        help=f"similarity from which two rows are nearly the same, {NEAR_LEAST} to {NEAR_MOST}",
    )
    add_rendering(check, required=False)
    add_shared(check)
    check.set_defaults(run=_check)
    stats = group.add_parser("stats", help="say what is in the rows: lengths, openings, words")
    stats.add_argument("dataset", metavar="N", help="name of the dataset")
    add_rendering(stats, required=False)
    add_shared(stats)
    stats.set_defaults(run=_stats)


def _near(text: str) -> float:
    try:
        near = float(text)
    except ValueError:
        near = 0.0
    if not NEAR_LEAST <= near <= NEAR_MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not from {NEAR_LEAST} to {NEAR_MOST}")
    return near


def _look(args: argparse.Namespace, near: float = NEAR) -> tuple[Workspace, Path, Found]:
    workspace = workspace_of(args)
    path = resolve_dataset(workspace, args.dataset)
    model = resolve_model(workspace, args.model) if args.model else None
    found = check_rows(
        workspace,
        path,
        model=model,
        template=template_of(args),
        system_prompt=args.system_prompt,
        near=near,
    )
    return workspace, path, found if model is not None else found.without_lengths()


def _check(args: argparse.Namespace) -> int:
    workspace, path, found = _look(args, args.near)
    with Dataset.open(path, read_only=True) as dataset:
        ids, uid = dataset.ids, dataset.uid
    lengths = found.lengths.among(ids)
    faults = found.faults(ids, args.max_tokens)
    places = {row: at for at, row in enumerate(ids.tolist())}
    place = sidecar.place(workspace.path, uid)
    if args.json:
        problems = [one for fault in faults for one in _problems(place, fault, places)]
        tokens = [
            {"row": places[row], "tokens": tokens, "trained": trained}
            for row, tokens, trained in zip(
                lengths.row.tolist(),
                lengths.tokens.tolist(),
                lengths.trained_within(args.max_tokens).tolist(),
                strict=True,
            )
        ]
        classes = [
            {"code": f.code, "level": f.level, "title": f.about.title, "rows": len(f.rows)}
            for f in faults
        ]
        document = {"rows": len(ids), "problems": problems, "tokens": tokens}
        say_json(document | {"classes": classes})
        return 0
    counted = f", {int(lengths.tokens.sum()):,} tokens" if len(lengths) else ""
    say(f"{len(ids):,} rows{counted}. {_verdict(faults)}")
    for fault in faults:
        say(f"{_LEVELS[fault.level]}  {fault.about.title}: {_rows(fault, places)}")
        note(f"      {fault.summary} {fault.hint}")
    return 0


_LEVELS = {"stop": "stop  ", "warn": "look  ", "remark": "remark"}


def _verdict(faults: list[Fault]) -> str:
    if not faults:
        return "Nothing is wrong."
    rows = np.unique(np.concatenate([fault.rows for fault in faults]))
    return f"{len(faults):,} classes of problems, in {len(rows):,} rows."


def _rows(fault: Fault, places: dict[int, int]) -> str:
    if fault.about.whole:
        return "the dataset"
    named = ", ".join(str(places[row]) for row in fault.rows[:_SHOWN].tolist())
    more = f" and {len(fault.rows) - _SHOWN:,} more" if len(fault.rows) > _SHOWN else ""
    return f"{'row' if len(fault.rows) == 1 else 'rows'} {named}{more}"


def _problems(place: Path, fault: Fault, places: dict[int, int]) -> list[dict[str, Any]]:
    known = {"code": fault.code, "level": fault.level, "message": fault.summary}
    if fault.about.whole:
        return [{"row": None, **known, "hint": fault.hint, "detail": ""}]
    rows = fault.rows.tolist()
    said = details(place, {fault.code: rows})
    return [
        {"row": places[row], **known, "hint": fault.hint, "detail": said.get((fault.code, row), "")}
        for row in rows
    ]


def _stats(args: argparse.Namespace) -> int:
    _, path, found = _look(args)
    with Dataset.open(path, read_only=True) as dataset:
        splits, tags = dataset.split_counts(), dataset.tag_counts()
        lengths = found.lengths.among(dataset.ids)
        ids = dataset.ids
    statistics = found.notes.get("statistics", {})
    problems = {f.code: len(f.rows) for f in found.faults(ids, args.max_tokens)}
    document = {
        **statistics,
        "splits": splits,
        "tags": tags,
        "problems": problems,
        "tokens": _tokens(lengths, args.max_tokens) if len(lengths) else None,
        "fit": _fit(found) if args.model else None,
    }
    if args.json:
        say_json(document)
        return 0
    _say_stats(document)
    return 0


def _fit(found: Found) -> dict[str, Any] | None:
    known = found.notes.get("fit")
    return {name: value for name, value in known.items() if name != "key"} if known else None


def _tokens(lengths: Lengths, limit: int) -> dict[str, Any]:
    each = lengths.tokens
    bars = Counter((each // 64 * 64).tolist())
    spread = np.percentile(each, (50, 95, 99))
    return {
        "limit": limit,
        "total": int(each.sum()),
        "trained": int(lengths.trained_within(limit).sum()),
        "median": int(spread[0]),
        "p95": int(spread[1]),
        "p99": int(spread[2]),
        "longest": int(each.max()),
        "cut": int((each > limit).sum()),
        "histogram": {str(low): rows for low, rows in sorted(bars.items())},
    }


def _say_stats(found: dict[str, Any]) -> None:
    say(f"{found['rows']:,} rows, {found['characters']:,} characters.")
    say("splits: " + ", ".join(f"{name} {count:,}" for name, count in found["splits"].items()))
    if found["tags"]:
        say("tags: " + ", ".join(f"{name} {count:,}" for name, count in found["tags"].items()))
    for each in found["fields"]:
        sizes = f"median {each['median']:,}, longest {each['longest']:,} characters"
        say(f"{each['name']}: {sizes}, empty in {each['empty']:,} rows")
    if (tokens := found["tokens"]) is not None:
        share = percent(tokens["trained"] / max(tokens["total"], 1))
        say(f"tokens: {tokens['total']:,}, of which {tokens['trained']:,} ({share}) are trained")
        sizes = f"median {tokens['median']:,}, longest {tokens['longest']:,}"
        say(f"tokens a row: {sizes}; {tokens['cut']:,} rows are cut at {tokens['limit']:,}")
    if (fit := found["fit"]) is not None:
        ours, general = fit["characters_per_token"], fit["general_characters_per_token"]
        say(f"characters per token: {ours:.2f}; {general:.2f} in general text")
        for word in fit["words"][:_SHOWN]:
            saved = f"as one token it would save {word['saved']:,}"
            say(f"  {word['word']}: {word['pieces']} tokens, {word['count']:,} times; {saved}")
    for each in found["openings"][:_SHOWN]:
        say(f"  {percent(each['share'])} of answers begin: {each['words']}")

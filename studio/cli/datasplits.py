"""Commands about what is trained on what: ``data split`` and ``data mix``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.example import SPLITS, TEST, VALIDATION
from studio.core.mix import MixPart
from studio.core.problems import DataError
from studio.core.recipe import DEFAULTS, Recipe
from studio.core.units import NO_VALUE
from studio.data.datasetnames import resolve_dataset
from studio.data.dealing import Amount
from studio.data.mixing import PartRows, count_mix
from studio.data.mixlengths import checked_alike, checked_lengths
from studio.data.recipefile import read_recipe
from studio.data.splits import Dealing, SplitWish, apply_dealing, plan_split
from studio.data.splitsurvey import TAGS, Grouping
from studio.data.store import Dataset


def add_split(group: Commands) -> None:
    """Add the parser of ``data split``."""
    parser = group.add_parser("split", help="hold rows out for validation and test")
    parser.add_argument("dataset", metavar="N", help="name of the dataset")
    for name in (VALIDATION, TEST):
        parser.add_argument(
            f"--{name}",
            metavar="AMOUNT",
            type=_amount,
            default=Amount(share=0.1 if name == VALIDATION else 0.0),
            help="a share such as 0.1 or 10%%, or a number of rows",
        )
    parser.add_argument("--seed", metavar="S", type=int, default=DEFAULTS["seed"])
    parser.add_argument(
        "--group", metavar="COL", default="", help=f"rows alike in it stay together; {TAGS}: by tag"
    )
    parser.add_argument("--per-tag", action="store_true", help="give each tag like shares")
    parser.add_argument(
        "--split-duplicates", action="store_true", help="let equal rows go different ways"
    )
    for name, what in (("freeze", "let nothing enter or leave"), ("unfreeze", "let rows move in")):
        parser.add_argument(
            f"--{name}",
            metavar="SPLIT",
            action="append",
            choices=SPLITS,
            default=[],
            help=f"{what} this split",
        )
    parser.add_argument("--dry-run", action="store_true", help="only say what it comes to")
    add_shared(parser)
    parser.set_defaults(run=_split)


def add_mix(group: Commands) -> None:
    """Add the parser of ``data mix``."""
    parser = group.add_parser("mix", help="say how many rows and tokens a mix has")
    parser.add_argument("recipe", metavar="RECIPE", nargs="?", help="a TOML file with [[mix]]")
    parser.add_argument(
        "--part",
        metavar="NAME=AMOUNT",
        action="append",
        type=_part,
        default=[],
        help="a dataset with its weight (0.9 or 90%%) or its number of rows; the first is whole",
    )
    parser.add_argument("--model", metavar="M", default="", help="whose tokens are counted")
    add_shared(parser)
    parser.set_defaults(run=_mix)


def _amount(text: str) -> Amount:
    try:
        return Amount.parse(text)
    except ValueError as err:
        raise argparse.ArgumentTypeError(str(err)) from err


def _part(text: str) -> MixPart:
    name, equals, amount = text.rpartition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=AMOUNT")
    try:
        weight = float(amount[:-1]) / 100 if amount.endswith("%") else float(amount)
    except ValueError as err:
        raise argparse.ArgumentTypeError(f"{amount!r} is not a weight or a number") from err
    return MixPart(name, rows=int(amount)) if amount.isdecimal() else MixPart(name, weight)


def _split(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    path = resolve_dataset(workspace, args.dataset)
    grouping = Grouping(args.group, not args.split_duplicates, args.per_tag)
    wish = SplitWish(args.validation, args.test, args.seed, grouping)
    with Dataset.open(path, read_only=args.dry_run) as data:
        if not args.dry_run:
            for split in args.unfreeze:
                data.freeze_split(split, False)
        dealing = plan_split(data, wish, checked_alike(workspace))
        if not args.dry_run:
            apply_dealing(data, dealing, args.freeze)
        frozen = sorted(data.frozen_splits(), key=SPLITS.index)
    if args.json:
        say_json(_split_document(path, dealing, frozen))
        return 0
    counts = " · ".join(f"{dealing.counts[split]:,} {split}" for split in SPLITS)
    verb = "would change" if args.dry_run else "changed"
    say(f"{path.stem}: {counts}. {dealing.moved:,} rows {verb} their split.")
    for sentence in dealing.remarks:
        note(sentence)
    if frozen:
        note(f"Frozen: {', '.join(frozen)}. Nothing enters or leaves.")
    return 0


def _split_document(path: Path, dealing: Dealing, frozen: list[str]) -> dict[str, Any]:
    return {
        "dataset": path.stem,
        "rows": dealing.counts,
        "moved": dealing.moved,
        "groups": dealing.units,
        "largest_group": dealing.largest,
        "tied": dealing.tied,
        "frozen": frozen,
    }


def _mix(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    recipe = _recipe(args)
    parts = count_mix(workspace, recipe, checked_lengths(workspace))
    rows = sum(part.rows for part in parts)
    tokens = _sum([part.tokens for part in parts])
    if args.json:
        told = [_part_document(part, rows) for part in parts]
        say_json({"parts": told, "rows": rows, "tokens": tokens})
        return 0
    for part in parts:
        share = f"{100 * part.rows / rows:.1f} %" if rows else NO_VALUE
        words = f"{part.tokens:,}" if part.tokens is not None else NO_VALUE
        say(f"{part.path.stem:<32} {part.rows:>11,} rows {share:>8} {words:>14} tokens")
        if part.repeats:
            note(f"  {part.repeats}")
    words = f"{tokens:,}" if tokens is not None else NO_VALUE
    say(f"{'in all':<32} {rows:>11,} rows {'':>8} {words:>14} tokens")
    if tokens is None:
        note("Tokens are known once graft-studio data check has looked at each dataset.")
    return 0


def _recipe(args: argparse.Namespace) -> Recipe:
    if bool(args.recipe) == bool(args.part):
        raise DataError("Nothing says what to mix.", "Name a recipe, or parts with --part.")
    recipe = read_recipe(Path(args.recipe).expanduser()) if args.recipe else Recipe()
    if args.part:
        tables = {"mix": [part.to_mapping() for part in args.part]}
        recipe = Recipe(dataset=args.part[0].dataset, tables=tables)
    return recipe.replace(model=args.model) if args.model else recipe


def _part_document(part: PartRows, rows: int) -> dict[str, Any]:
    return {
        **part.part.to_mapping(),
        "dataset": part.path.stem,
        "split": part.part.split,
        "kind": part.kind,
        "rows_there": part.there,
        "rows": part.rows,
        "share": part.rows / rows if rows else 0.0,
        "tokens": part.tokens,
        "trained_tokens": part.trained,
        "repeats": part.repeats,
    }


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None

"""The judge model of the command ``evaluate``: which one it is, and what it says."""

from __future__ import annotations

import argparse
import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from studio.core.judging import (
    WEAK,
    JudgedColumn,
    agreement,
    agreement_words,
    judged_columns,
    judged_words,
)
from studio.core.workspace import Workspace
from studio.data.judgements import Judgements, own_votes
from studio.machine.models import resolve_model


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a judge says of one column.

    Attributes:
        agreed: pairs in which the user's own votes say the same.
        both: pairs that both decided.
    """

    judge: str
    column: JudgedColumn
    agreed: int
    both: int


def add_judge(parser: argparse.ArgumentParser) -> None:
    """Add --judge."""
    parser.add_argument(
        "--judge",
        metavar="MODEL",
        help="let another model on this computer say whose answers are nearer to the written ones",
    )


def judge_folder(workspace: Workspace, args: argparse.Namespace) -> str:
    """Return the judge's folder; empty if none is asked for.

    Raises:
        ModelError: there is no such model.
    """
    return str(resolve_model(workspace, args.judge)) if args.judge else ""


def judgings_of(path: Path, evaluation: int, judge: str) -> list[Said]:
    """Return what a judge says of each column; the folder of its model names it."""
    with Judgements(path) as kept:
        newest = [one for one in kept.of(evaluation) if one.judge == Path(judge).name][:1]
    votes = own_votes(path, evaluation)
    made = []
    for judging in newest:
        for column in judged_columns(judging.judgements):
            mine = [j for j in judging.judgements if j.column == column.column]
            made.append(Said(judging.judge, column, *agreement(mine, votes)))
    return made


def judged_lines(said: Sequence[Said]) -> list[str]:
    """Return it as plain text; nothing if no judge was asked."""
    lines = []
    for one in said:
        fact, why = judged_words(one.column)
        lines += ["", f"{one.column.column} against the base, judged by {one.judge}"]
        lines += [f"  {words}" for words in (fact, why, agreement_words(one.agreed, one.both))]
    return [line for line in lines if line != "  "] + (["", WEAK] if said else [])


def judged_body(said: Sequence[Said]) -> dict[str, Any]:
    """Return it as JSON values; nothing if no judge was asked."""
    if not said:
        return {}
    made = []
    for one in said:
        body = dataclasses.asdict(one.column) | {"usable": not one.column.unusable}
        body |= {"judge": one.judge, "agreed": one.agreed, "both_decided": one.both}
        made.append({name: None if _unknown(value) else value for name, value in body.items()})
    return {"judged": made}


def _unknown(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)

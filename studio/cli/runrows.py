"""The command runs rows: rows of a run that were never learned, known at once, or look wrong."""

from __future__ import annotations

import argparse
from typing import Any

from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.core.forensics import CRITERIA, Judged, Kind, judge
from studio.core.problems import RunError
from studio.data.rowlosses import read_row_losses, row_curves
from studio.data.runfiles import find_run

_TITLES = {
    Kind.MISLABELLED: "likely mislabelled",
    Kind.NEVER: "never learned",
    Kind.AT_ONCE: "learned at once",
}


def add_rows(acts: Commands) -> None:
    """Add the act to the command runs."""
    rows = acts.add_parser("rows", help="rows that stand out by their loss over time")
    rows.add_argument("run_id", metavar="RUN")
    add_shared(rows)
    rows.set_defaults(run=_rows)


def _rows(args: argparse.Namespace) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    try:
        curves = row_curves(read_row_losses(folder.row_losses))
    except OSError as err:
        raise RunError(
            f"The losses of the rows cannot be read: {err.strerror or err}.",
            f"Look at {folder.row_losses}.",
        ) from err
    judged = judge(curves)
    if args.json:
        say_json(
            {
                "run": folder.id,
                "rows_seen": len(curves),
                "rows": [_plain(each) for each in judged],
                "criteria": {str(kind): sentence for kind, sentence in CRITERIA.items()},
            }
        )
        return 0
    if not curves:
        say("This run has not taken down what its rows cost.")
    elif not judged:
        say(f"None of {len(curves):,} rows stands out.")
    for kind in Kind:
        _say_kind(kind, [each for each in judged if each.kind is kind])
    return 0


def _say_kind(kind: Kind, judged: list[Judged]) -> None:
    if not judged:
        return
    say(f"{_TITLES[kind]}: {len(judged):,} {'row' if len(judged) == 1 else 'rows'}")
    note(CRITERIA[kind])
    for each in judged:
        losses = " → ".join(f"{loss:.3f}" for loss in each.curve.losses)
        say(f"  row {each.curve.row:<8} {losses}  (usual {each.usual:.3f})")


def _plain(judged: Judged) -> dict[str, Any]:
    curve = judged.curve
    return {
        "row": curve.row,
        "kind": str(judged.kind),
        "losses": [
            {"step": step, "loss": loss}
            for step, loss in zip(curve.steps, curve.losses, strict=True)
        ],
        "usual": judged.usual,
        "score": judged.score,
        "tokens": curve.tokens,
    }

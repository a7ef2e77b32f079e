"""The standard benchmarks of the command ``evaluate``: which are asked, and what they gave."""

from __future__ import annotations

import argparse
import dataclasses
import importlib.util
from pathlib import Path
from typing import Any

from studio.cli.output import say
from studio.core.benchmarks import (
    HOW_TO_INSTALL,
    NOT_INSTALLED,
    BenchmarkScore,
    BenchmarksWanted,
    benchmark_rows,
    tasks_in,
)
from studio.core.problems import DataError, EngineError
from studio.data.benchmarks import Benchmarks


def add_benchmarks(parser: argparse.ArgumentParser) -> None:
    """Add --benchmarks and what belongs to it."""
    parser.add_argument(
        "--benchmarks",
        metavar="A,B",
        help="also let base and adapters answer these tasks of lm-eval (an optional extra)",
    )
    parser.add_argument(
        "--task-folder",
        type=Path,
        metavar="DIR",
        help="tasks of your own as lm-eval's YAML files, with their data",
    )
    parser.add_argument(
        "--benchmark-limit", type=int, default=0, metavar="N", help="questions of each at most"
    )


def benchmarks_of(args: argparse.Namespace) -> BenchmarksWanted | None:
    """Return the benchmarks that are asked for; None for none.

    Raises:
        DataError: a name can be none, or the folder is not there.
        EngineError: lm-eval is not installed, which is said before an evaluation of minutes.
    """
    if not args.benchmarks:
        return None
    if importlib.util.find_spec("lm_eval") is None:
        raise EngineError(NOT_INSTALLED, HOW_TO_INSTALL)
    folder = args.task_folder
    if folder is not None and not folder.is_dir():
        raise DataError(f"There is no folder {folder}.", "Name the folder with the tasks.")
    where = str(folder.resolve()) if folder is not None else ""
    return BenchmarksWanted(tasks_in(args.benchmarks), where, max(args.benchmark_limit, 0))


def benchmark_scores(path: Path, evaluation: int, wanted: BenchmarksWanted) -> list[BenchmarkScore]:
    """Return what the benchmarks of an evaluation gave, those that were asked for now."""
    with Benchmarks(path) as kept:
        return [score for score in kept.of(evaluation) if _belongs(score, wanted)]


def say_benchmarks(scores: list[BenchmarkScore]) -> None:
    """Print them as a table."""
    rows = benchmark_rows(scores)
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    say("")
    for row in rows:
        say("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def benchmark_body(scores: list[BenchmarkScore]) -> dict[str, Any]:
    """Return them as JSON values."""
    return {"benchmarks": [dataclasses.asdict(score) for score in scores]}


def _belongs(score: BenchmarkScore, wanted: BenchmarksWanted) -> bool:
    """Return whether a task was asked for by its name or as a part of a group."""
    return any(score.task == name or score.task.startswith(f"{name}_") for name in wanted.tasks)

"""Standard benchmarks beside an evaluation: what is asked, what came of it, who is better."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studio.core.evaluation import BASE
from studio.core.problems import DataError
from studio.core.units import MINUS, signed

EXTRA = "benchmarks"
NOT_INSTALLED = "Standard benchmarks need lm-eval, which is not installed."
HOW_TO_INSTALL = f"Install it with: pip install 'graft-studio[{EXTRA}]'"
MOST_TASKS = 20
Z95 = 1.96
_NAME = re.compile(r"[\w.+-]{1,100}")


@dataclass(frozen=True, slots=True)
class BenchmarksWanted:
    """Which benchmarks are asked.

    Attributes:
        tasks: names that lm-eval knows, or that a file in ``folder`` gives.
        folder: of tasks of the user's own, with their data; empty for none.
        limit: questions of each task at most; 0 for all.
    """

    tasks: tuple[str, ...]
    folder: str = ""
    limit: int = 0


@dataclass(frozen=True, slots=True)
class BenchmarkScore:
    """One metric of one task, of one column.

    Attributes:
        stderr: standard error; None where the task gives none.
        questions: that were asked.
        shots: examples before each question.
        higher: whether more is better; None where the task does not say.
        version: of the task.
    """

    column: str
    task: str
    metric: str
    value: float
    stderr: float | None
    questions: int
    shots: int
    higher: bool | None
    version: str


def tasks_in(words: str) -> tuple[str, ...]:
    """Return the names of tasks with commas or spaces between.

    Raises:
        DataError: there is none, too many, or one that can be no name.
    """
    names = tuple(dict.fromkeys(words.replace(",", " ").split()))
    odd = next((name for name in names if not _NAME.fullmatch(name)), "")
    if odd:
        raise DataError(f"{odd!r:.80} is no name of a benchmark.", "Name tasks such as arc_easy.")
    if not 1 <= len(names) <= MOST_TASKS:
        raise DataError(
            f"{len(names)} benchmarks are named; 1 to {MOST_TASKS} can be asked at once.",
            "Name them with commas between, such as arc_easy,hellaswag.",
        )
    return names


def scores_in(results: Mapping[str, Any], column: str) -> list[BenchmarkScore]:
    """Return the scores in what lm-eval returns, task by task.

    Args:
        results: of ``lm_eval.simple_evaluate``.
        column: whose they are.
    """
    made = []
    for task, found in results.get("results", {}).items():
        counts = results.get("n-samples", {}).get(task, {})
        better = results.get("higher_is_better", {}).get(task) or {}
        for key, value in found.items():
            metric, _, way = key.partition(",")
            if not way or metric.endswith("_stderr") or not _is_number(value):
                continue
            error = found.get(f"{metric}_stderr,{way}")
            made.append(
                BenchmarkScore(
                    column=column,
                    task=task,
                    metric=metric if way == "none" else f"{metric} ({way})",
                    value=float(value),
                    stderr=float(error) if _is_number(error) else None,
                    questions=int(counts.get("effective", 0)),
                    shots=int(results.get("n-shot", {}).get(task) or 0),
                    higher=better.get(metric),
                    version=str(results.get("versions", {}).get(task, "")),
                )
            )
    return made


def benchmark_rows(scores: Sequence[BenchmarkScore]) -> list[tuple[str, ...]]:
    """Return a table: task, metric, then a text for each column, heads first, the base first."""
    columns = _columns(scores)
    by_place = {(s.task, s.metric, s.column): s for s in scores}
    rows: list[tuple[str, ...]] = [("Benchmark", "Metric", *columns)]
    for task, metric in dict.fromkeys((s.task, s.metric) for s in scores):
        base = by_place.get((task, metric, BASE))
        texts = [_text(by_place.get((task, metric, column)), base) for column in columns]
        rows.append((task, metric, *texts))
    return rows


def gain_of(score: BenchmarkScore, base: BenchmarkScore) -> tuple[float, float, float] | None:
    """Return how much more than the base's it is, with its 95 % interval; None without errors.

    Both columns' questions are taken as if they were others, so the interval is rather too wide.
    """
    if score.stderr is None or base.stderr is None:
        return None
    gap, half = score.value - base.value, Z95 * math.hypot(score.stderr, base.stderr)
    return gap, gap - half, gap + half


def _columns(scores: Iterable[BenchmarkScore]) -> list[str]:
    names = dict.fromkeys(score.column for score in scores)
    return sorted(names, key=lambda name: name != BASE)


def _text(score: BenchmarkScore | None, base: BenchmarkScore | None) -> str:
    if score is None:
        return "–"
    error = f" ± {score.stderr:.3f}" if score.stderr is not None else ""
    text = f"{_number(score.value)}{error}"
    if base is None or score.column == BASE:
        return text
    gain = gain_of(score, base)
    if gain is None:
        return f"{text} · {signed(score.value - base.value, 3)}"
    gap, low, high = gain
    if low <= 0 <= high or score.higher is None:
        return f"{text} · {signed(gap, 3)}, may be chance" if low <= 0 <= high else text
    return f"{text} · {signed(gap, 3)}, {'better' if (gap > 0) == score.higher else 'worse'}"


def _number(value: float) -> str:
    return f"{MINUS if value < 0 else ''}{abs(value):,.3f}"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)

"""The parts of a report from a look at the adapter before it is put to use, and from benchmarks."""

from __future__ import annotations

from collections.abc import Sequence

from studio.core.benchmarks import BenchmarkScore, benchmark_rows
from studio.core.readinesswords import HEADS, about, findings, table
from studio.core.reportblocks import Block, Section, Table, Words
from studio.core.workspace import RunFolder, Workspace
from studio.data.benchmarks import Benchmarks
from studio.data.readiness import ReadinessLooks, ReadinessSummary


def look_of(workspace: Workspace, folder: RunFolder) -> ReadinessSummary | None:
    """Return the newest look at a run's adapter that is done; None if there is none.

    Raises:
        DataError: the looks cannot be read.
    """
    if not workspace.evaluations.exists():
        return None
    with ReadinessLooks(workspace.evaluations) as store:
        return store.newest_of(folder.path)


def benchmarks_of(workspace: Workspace, evaluations: Sequence[int]) -> tuple[BenchmarkScore, ...]:
    """Return what benchmarks gave beside evaluations; nothing where none was asked.

    Raises:
        DataError: they cannot be read.
    """
    if not evaluations or not workspace.evaluations.exists():
        return ()
    with Benchmarks(workspace.evaluations) as kept:
        return tuple(score for number in evaluations for score in kept.of(number))


def look_blocks(look: ReadinessSummary | None) -> tuple[Block, ...]:
    """Return what a look found; empty where nobody looked."""
    if look is None:
        return ()
    said: list[Block] = [Words(f"{one.fact} {one.why}") for one in findings(look.found)]
    rows = tuple(table(look.found))
    if look.found.speeds is not None:
        caption = f"{look.setup.name}: {about(look.found.speeds)}"
        said.append(Table(HEADS, rows, frozenset((1, 2, 3, 4)), caption))
    return tuple(said)


def benchmarks_section(scores: Sequence[BenchmarkScore]) -> Section:
    """Return the standard benchmarks; empty where none was asked."""
    if not scores:
        return Section("Standard benchmarks", ())
    heads, *rows = benchmark_rows(scores)
    words = (
        "Asked by lm-eval without a chat template, as the published numbers are. ± is the standard "
        "error; differences are judged as if both had been asked other questions."
    )
    numbers = frozenset(range(2, len(heads)))
    return Section("Standard benchmarks", (Words(words), Table(heads, tuple(rows), numbers)))

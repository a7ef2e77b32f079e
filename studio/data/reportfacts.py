"""Gathers what a report tells of a run: its files, its dataset's checks, evaluations and votes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from studio.core.benchmarks import BenchmarkScore
from studio.core.evaluation import ColumnResult, EvaluationState, Results
from studio.core.events import Evaluated, Event, RolledBack, RunStarted, Sampled, StepDone
from studio.core.example import TRAIN
from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.runstate import RunState, advance
from studio.core.votes import Vote
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpoints import checkpoint_steps
from studio.data.checks import sidecar
from studio.data.checks.found import read
from studio.data.evaluations import Evaluations, EvaluationSummary, JudgedRow
from studio.data.readiness import ReadinessSummary
from studio.data.recipefile import read_recipe
from studio.data.reportlook import benchmarks_of, look_of
from studio.data.runfiles import EventTail, find_run, read_meta, read_origin
from studio.data.store import Dataset
from studio.data.votes import Ballot, Votes
from studio.machine.models import ModelInfo, inspect_model

MOST_EVALUATIONS = 3
_PAGE = 5_000


@dataclass(slots=True)
class History:
    """A run's events as a report needs them; what was taken back by a roll-back is not there.

    Attributes:
        losses: training loss by step.
        evaluations: the last one of each step.
        samples: the last ones of each step.
    """

    state: RunState = field(default_factory=RunState)
    losses: dict[int, float] = field(default_factory=dict)
    evaluations: dict[int, Evaluated] = field(default_factory=dict)
    samples: dict[int, Sampled] = field(default_factory=dict)
    tokens: int = 0
    trained_tokens: int = 0

    def take(self, event: Event) -> None:
        """Take one more event."""
        self.state = advance(self.state, event)
        match event:
            case StepDone(step=step, loss=loss):
                self.losses[step] = loss
                self.tokens += event.tokens
                self.trained_tokens += event.trained_tokens
            case Evaluated(step=step):
                self.evaluations[step] = event
            case Sampled(step=step):
                self.samples[step] = event
            case RolledBack(to_step=step) | RunStarted(resumed_from=step):
                for found in (self.losses, self.evaluations, self.samples):
                    for late in [at for at in found if at > step]:
                        del found[late]


@dataclass(frozen=True, slots=True)
class Lengths:
    """How long texts are, in words: the median, the 95th percentile and the longest."""

    name: str
    median: float
    most: float
    longest: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks of a dataset found: (title, rows) of each problem; tokens of its rows."""

    faults: tuple[tuple[str, int], ...] = ()
    tokens: tuple[int, ...] = ()
    changed: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """One finished evaluation."""

    summary: EvaluationSummary
    results: Results
    rows: list[JudgedRow]

    def column_of(self, run: str) -> ColumnResult | None:
        """Return the column of a run's result; else the first of its checkpoints."""
        columns = self.summary.setup.columns
        mine = [c.name for c in columns if c.run and Path(c.run).name == run]
        found = {column.name: column for column in self.results.columns}
        name = run if run in mine else next((n for n in mine if n in found), "")
        return found.get(name)


@dataclass(frozen=True, slots=True)
class Voted:
    """One blind vote that a run took part in."""

    ballot: Ballot
    votes: list[Vote]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that is known about a run when its report is written.

    Attributes:
        checked: None where the dataset is gone or was never checked.
        model: None where its folder is gone.
        look: None where nobody looked at the adapter before it is put to use.
        kept: steps whose checkpoints are on the disk.
    """

    folder: RunFolder
    recipe: Recipe
    meta: dict[str, Any]
    origin: dict[str, Any]
    history: History
    lengths: tuple[Lengths, ...] = ()
    checked: Checked | None = None
    model: ModelInfo | None = None
    measured: tuple[Measured, ...] = ()
    voted: tuple[Voted, ...] = ()
    adapter_bytes: int = 0
    look: ReadinessSummary | None = None
    benchmarks: tuple[BenchmarkScore, ...] = ()
    kept: frozenset[int] = frozenset()

    @property
    def title(self) -> str:
        """What the run is called."""
        return str(self.meta.get("title") or self.recipe.title or self.folder.id)


def facts_of(workspace: Workspace, run: str) -> Facts:
    """Gather what a report tells of a run.

    Raises:
        StudioError: there is no such run, or its recipe or the evaluations cannot be read.
    """
    folder = find_run(workspace.run(run))
    recipe, origin = read_recipe(folder.recipe), read_origin(folder)
    measured = tuple(measured_of(workspace, folder))
    return Facts(
        folder=folder,
        recipe=recipe,
        meta=read_meta(folder),
        origin=origin,
        history=history_of(folder),
        lengths=tuple(_lengths(folder)),
        checked=_checked(workspace, recipe, origin),
        model=_model(origin, recipe, workspace),
        measured=measured,
        voted=tuple(voted_of(workspace, folder)),
        adapter_bytes=_size(folder.adapter),
        look=look_of(workspace, folder),
        benchmarks=benchmarks_of(workspace, [each.summary.id for each in measured]),
        kept=frozenset(checkpoint_steps(folder)),
    )


def history_of(folder: RunFolder) -> History:
    """Return a run's events, folded."""
    history, tail = History(), EventTail(folder.events)
    while events := tail.read(_PAGE):
        for event in events:
            history.take(event)
    return history


def measured_of(workspace: Workspace, folder: RunFolder) -> Iterator[Measured]:
    """Yield a run's evaluations: of each dataset and split that of most rows, the newest of those.

    First those of the run's own dataset and on rows that were held out, which say what it is worth.

    Raises:
        DataError: the evaluations cannot be read.
    """
    if not workspace.evaluations.exists():
        return
    with Evaluations(workspace.evaluations) as store:
        best: dict[tuple[str, str], tuple[EvaluationSummary, Results]] = {}
        for summary in store.all():
            runs = {Path(column.run).name for column in summary.setup.columns if column.run}
            if summary.state is not EvaluationState.DONE or folder.id not in runs:
                continue
            what = (Path(summary.setup.dataset).stem, summary.setup.split)
            results = store.results(summary.id)
            if results is not None and (what not in best or results.rows > best[what][1].rows):
                best[what] = (summary, results)
        own = Path(read_recipe(folder.recipe).dataset).stem
        first = sorted(best, key=lambda what: (what[0] != own, what[1] == TRAIN))
        for summary, results in [best[what] for what in first[:MOST_EVALUATIONS]]:
            yield Measured(summary, results, store.judged(summary.id))


def voted_of(workspace: Workspace, folder: RunFolder) -> Iterator[Voted]:
    """Yield the blind votes that a run took part in, those with most votes first.

    Raises:
        DataError: the votes cannot be read.
    """
    if not workspace.evaluations.exists():
        return
    with Votes(workspace.evaluations) as store:
        mine = (b for b in store.ballots() if folder.id in {Path(run).name for run in b.runs})
        for ballot in sorted(mine, key=lambda b: -b.voted)[:MOST_EVALUATIONS]:
            if ballot.voted:
                yield Voted(ballot, store.votes(ballot.id))


def _lengths(folder: RunFolder) -> Iterator[Lengths]:
    """Yield how long the frozen rows' texts are; nothing where the rows were not copied along."""
    counts: dict[str, list[int]] = {}
    try:
        with folder.rows.open("rb") as file:
            for line in file:
                for name, text in _texts(line):
                    counts.setdefault(name, []).append(len(text.split()))
    except OSError:
        return
    for name, words in counts.items():
        if any(words):
            most = float(np.percentile(words, 95))
            yield Lengths(name, median(words), most, max(words))


def _texts(line: bytes) -> Iterable[tuple[str, str]]:
    try:
        body = json.loads(line.decode("utf-8", "surrogatepass"))
    except ValueError:
        return []
    known = ("row", "split", "kind", "dataset")
    return [(n, t) for n, t in body.items() if n not in known and isinstance(t, str)]


def _checked(workspace: Workspace, recipe: Recipe, origin: dict[str, Any]) -> Checked | None:
    """Return what checks found in the dataset as it is now, where it was checked at all."""
    path = workspace.dataset(Path(recipe.dataset).stem)
    try:
        with Dataset.open(path, read_only=True) as data:
            ids, uid = data.find(), data.uid
            changed = data.fingerprint() != origin.get("dataset_fingerprint")
    except StudioError:
        return None
    found = read(sidecar.place(workspace.path, uid))
    if not len(found.lengths) and not found.problems:
        return None
    faults = found.faults(ids, recipe.max_tokens)
    told = tuple((fault.about.title, len(fault.rows)) for fault in faults)
    tokens = tuple(int(n) for n in found.lengths.among(ids).tokens)
    return Checked(told, tokens, changed)


def _model(origin: dict[str, Any], recipe: Recipe, workspace: Workspace) -> ModelInfo | None:
    for folder in (Path(str(origin.get("model", ""))), workspace.model(Path(recipe.model).name)):
        try:
            return inspect_model(folder)
        except (StudioError, OSError):
            continue
    return None


def _size(folder: Path) -> int:
    try:
        return sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    except OSError:
        return 0


def finite(value: float | None) -> float | None:
    """Return a number; None for none and for what is not finite."""
    return value if value is not None and math.isfinite(value) else None

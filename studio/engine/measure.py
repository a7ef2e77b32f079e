"""Measures what a recipe really takes: a run of two steps on the longest rows, of which nothing is kept."""

from __future__ import annotations

import heapq
import itertools
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from studio.core.capabilities import check_capabilities
from studio.core.events import Evaluated, RunStarted, StateChanged, StepDone
from studio.core.problems import EngineError
from studio.core.protocol import MemoryMeasured
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.frozenrows import freeze
from studio.engine.again import StartAgain
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.peaks import PeakMeter, Peaks
from studio.engine.rowsfile import FrozenRows, TokenRow
from studio.engine.session import Session
from studio.machine.measurefolders import own_folder, sweep_measurements

Tell = Callable[[str, int, int], None]
"""Called with what is done now, and with the stages done and in all."""
STEPS = 2
MOST_ACCUMULATED = 2
"""Micro-batches of a step: gradients are kept from the second on, and further ones add nothing."""
CANDIDATES, EACH = 64, 8
"""Rows that are rendered: at least, and for each sequence that is wanted; the longest as text."""
OTHERS = 64
"""Rows from all over, for data whose longest rows have nothing left to train when they are cut."""
STAGES = ("Reading the rows", "Rendering the longest", "Loading the model", "Training step")
STAGE_COUNT = len(STAGES) + 2
"""Two training steps, and the evaluation."""


class _Enough(BaseException):
    """All was measured; no handler of errors on the way may take it for one."""


def measure(request: int, workspace: Workspace, recipe: Recipe, tell: Tell) -> MemoryMeasured:
    """Return what two training steps and an evaluation step of a recipe take.

    Args:
        request: the id that the answer repeats.
        workspace: where the model and the rows are.
        recipe: the settings.
        tell: is called when a stage begins.

    Raises:
        StudioError: the recipe cannot be trained, or not on these rows; what torch raises, and
            MemoryError, come as they are.
    """
    start = time.monotonic()
    check_capabilities(recipe)
    short = recipe.replace(
        max_steps=STEPS,
        grad_accum=min(recipe.grad_accum, MOST_ACCUMULATED),
        warmup_steps=0,
        tables=_without_answers(recipe.tables),
    )
    with _folder(workspace) as run:
        tell(STAGES[0], 0, STAGE_COUNT)
        _freeze_candidates(workspace, short, run)
        log = _StepsLog(run.events, tell)
        with log:
            session = _Measured(run, short, log, Wishes(run.control, time.time()))
            try:
                session.take_steps()
            except _Enough:
                pass
            except StartAgain as err:
                raise EngineError(
                    "The steps left the numbers, so they were not measured to their end.",
                    "Lower the learning rate, or look at the longest rows.",
                ) from err
            if log.steps < STEPS:
                raise EngineError("No step was taken.", "Look at the rows on the Data page.")
        answer = log.answer(request, session.chosen, short)
    return replace(answer, seconds=time.monotonic() - start)


def _without_answers(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return a recipe's tables with nothing asked: that takes less than a step, but minutes.

    Remedies against forgetting stay, since they hold memory.
    """
    guard = {**tables.get("guard", {}), "enabled": False}
    return {**tables, "guard": guard, "samples": {"held_out": 0}}


class _Measured(Session):
    """A session on the longest of its rows."""

    chosen: Sequence[TokenRow] = ()

    def take_steps(self) -> None:
        """Work without making a smaller plan when memory runs out: that is what is asked."""
        self._work()

    def _rows(self, model_folder: Path) -> FrozenRows:
        rows, recipe = super()._rows(model_folder), self._recipe
        wanted = recipe.micro_batch * recipe.grad_accum
        room = wanted * recipe.max_tokens if recipe.packing else 0
        self.chosen = _longest(rows.train, wanted, room)
        held = _longest(rows.validation, recipe.micro_batch)
        return replace(rows, train=list(self.chosen), validation=list(held), left_out=[])


class _StepsLog(EventLog):
    """Takes a reading at each event that ends a phase, and ends the session when all are read."""

    def __init__(self, path: Path, tell: Tell) -> None:
        super().__init__(path)
        self._tell, self._meter = tell, PeakMeter()
        self._most: dict[str, Peaks] = {}
        self._phase = "loading"
        self._started: RunStarted | None = None
        self._last: StepDone | None = None

    @property
    def steps(self) -> int:
        """Training steps that were measured."""
        return self._last.step if self._last else 0

    def emit(self, event: Any) -> None:
        """Take in what the session says; raises _Enough after the last step that is wanted."""
        super().emit(event)
        match event:
            case StateChanged(state="loading", detail=detail):
                self._tell(detail, 1 if "row" in detail.casefold() else 2, STAGE_COUNT)
            case RunStarted():
                self._started = event
                self._next("training")
                self._tell("Training step 1", 3, STAGE_COUNT)
            case StepDone():
                self._last = event
                self._next("training")
                if event.step < STEPS:
                    self._tell(f"Training step {event.step + 1}", 3 + event.step, STAGE_COUNT)
            case StateChanged(state="evaluating"):
                self._next("evaluation")
                if self.steps:
                    self._tell("Evaluation step", STAGE_COUNT - 1, STAGE_COUNT)
            case Evaluated():
                self._next("training")
                if self.steps >= STEPS:
                    raise _Enough
            case StateChanged(state="saving") if self.steps >= STEPS:
                raise _Enough

    def answer(self, request: int, rows: Sequence[TokenRow], recipe: Recipe) -> MemoryMeasured:
        """Return what was measured."""
        started, last = self._started, self._last
        assert started is not None
        assert last is not None
        top = max(self._most.values(), key=lambda peaks: peaks.whole)
        lengths = [len(row.ids) for row in rows]
        trained = sum(int(row.trained.sum()) for row in rows)
        sizes = {name: peaks.whole for name, peaks in self._most.items()}
        return MemoryMeasured(
            id=request,
            device=started.device,
            precision=started.precision,
            counted=top.counted,
            peak_bytes=top.whole,
            loading_bytes=sizes.get("loading", 0),
            training_bytes=sizes.get("training", 0),
            evaluation_bytes=sizes.get("evaluation", 0),
            allocated_bytes=max(peaks.allocated for peaks in self._most.values()),
            reserved_bytes=max(peaks.reserved for peaks in self._most.values()),
            process_bytes=max(peaks.process for peaks in self._most.values()),
            step_seconds=last.seconds,
            step_tokens=last.tokens,
            rows=len(rows),
            longest_tokens=max(lengths),
            trained_share=trained / sum(lengths),
            grad_accum=recipe.grad_accum,
        )

    def _next(self, phase: str) -> None:
        """End a phase with its reading; the next one begins."""
        now, before = self._meter.read(), self._most.get(self._phase)
        if before is None or now.whole > before.whole:
            self._most[self._phase] = now
        self._phase = phase
        self._meter.restart()


def _longest(rows: Sequence[TokenRow], wanted: int, room: int = 0) -> list[TokenRow]:
    """Return the longest rows, of those as long the ones with most to train.

    Args:
        rows: to choose from.
        wanted: how many.
        room: tokens that they are to fill, whatever their number; 0 for no such wish.
    """
    ordered = sorted(rows, key=lambda row: (len(row.ids), int(row.trained.sum())), reverse=True)
    if room:
        sums = itertools.accumulate(len(row.ids) for row in ordered)
        wanted = max(wanted, sum(1 for tokens in sums if tokens < room) + 1)
    return ordered[:wanted]


def _freeze_candidates(workspace: Workspace, recipe: Recipe, run: RunFolder) -> None:
    """Write the rows among which the longest sequences are: the longest texts, and some others."""
    whole = run.rows.with_name("all.jsonl")
    freeze(workspace, recipe, whole)
    most = max(CANDIDATES, EACH * recipe.micro_batch * recipe.grad_accum)
    with whole.open("rb") as file:
        count = sum(1 for _ in file)
        file.seek(0)
        every = max(1, count // OTHERS)
        numbered = [(len(line), number) for number, line in enumerate(file)]
    held = {number for _, number in heapq.nlargest(most, numbered)} | set(range(0, count, every))
    held |= _held_out(whole, most)
    with whole.open("rb") as file, run.rows.open("wb") as target:
        target.writelines(line for number, line in enumerate(file) if number in held)
    whole.unlink()


def _held_out(path: Path, most: int) -> set[int]:
    """Return which lines are the longest of the held-out rows."""
    sign = b'"split": "validation"'
    with path.open("rb") as file:
        found = [(len(line), n) for n, line in enumerate(file) if sign in line[:80]]
    return {number for _, number in heapq.nlargest(most, found)}


@contextmanager
def _folder(workspace: Workspace) -> Iterator[RunFolder]:
    """Give a run's folder that is no run, and take it away; also those of processes that died."""
    staging = workspace.path / ".staging"
    sweep_measurements(staging)
    run = RunFolder(own_folder(staging))
    run.rows.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield run
    finally:
        shutil.rmtree(run.path, ignore_errors=True)

"""The curves of a run as growing arrays, and how events become pieces of them; knows no Qt."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.app.extremes import Extremes, Places
from studio.core.curves import Smoother
from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    Event,
    FirstBatch,
    MemoryShort,
    PlanChanged,
    Remark,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    Sampled,
    StepDone,
)
from studio.core.runstate import RunState, advance
from studio.core.tradeoff import base_of

COLUMNS = (
    "step",
    "loss",
    "smoothed",
    "learning_rate",
    "grad_norm",
    "tokens_per_second",
    "elapsed",
    "memory",
)
"""Columns of a step: nats per trained token, non-padding tokens per second, seconds, bytes."""
SMOOTHING = 0.9
"""Weight of the past in the smoothed loss."""
FIRST_ROOM = 1024

Floats = NDArray[np.float64]
Turn = RunStarted | MemoryShort | PlanChanged | RolledBack


@dataclass(frozen=True, slots=True)
class Batch:
    """What some events in a row add to a run; made off the window's thread.

    Attributes:
        state: the run after the last of the events.
        steps: new steps (n, len(COLUMNS)).
        others: every event that is not a step, in order.
        rewind: forget what lies after this step first, since an engine went on from there.
    """

    state: RunState
    steps: Floats
    others: tuple[Event, ...] = ()
    rewind: int | None = None


class Folder:
    """Folds events into batches; keeps the state between calls."""

    def __init__(self) -> None:
        self.state = RunState()
        self._elapsed = array("d", [0.0])
        """Seconds in steps up to each step; the index is the step."""
        self._losses = array("d")
        self._smoother = Smoother(SMOOTHING)

    def fold(self, events: Iterable[Event]) -> list[Batch]:
        """Return the batches of these events: one, and one more each time the run went back."""
        made: list[Batch] = []
        rows: list[tuple[float, ...]] = []
        others: list[Event] = []
        rewind: int | None = None
        for event in events:
            if isinstance(event, RunStarted | RolledBack):
                if rows or others:
                    made.append(self._batch(rows, others, rewind))
                    rows, others = [], []
                rewind = event.resumed_from if isinstance(event, RunStarted) else event.to_step
                self._forget_after(rewind)
            self.state = advance(self.state, event)
            if isinstance(event, StepDone):
                rows.append(self._row(event))
            else:
                others.append(event)
        if rows or others:
            made.append(self._batch(rows, others, rewind))
        return made

    def _batch(
        self, rows: list[tuple[float, ...]], others: list[Event], rewind: int | None
    ) -> Batch:
        steps = np.array(rows, dtype=np.float64).reshape(len(rows), len(COLUMNS))
        return Batch(self.state, steps, tuple(others), rewind)

    def _forget_after(self, step: int) -> None:
        if len(self._losses) <= step:
            return
        del self._elapsed[step + 1 :], self._losses[step:]
        self._smoother = Smoother(SMOOTHING)
        for loss in self._losses:
            self._smoother.add(loss)

    def _row(self, event: StepDone) -> tuple[float, ...]:
        elapsed = self._elapsed[-1] + event.seconds
        self._elapsed.append(elapsed)
        self._losses.append(event.loss)
        speed = event.tokens / event.seconds if event.seconds > 0 else math.nan
        return (
            float(event.step),
            event.loss,
            self._smoother.add(event.loss),
            event.learning_rate,
            event.grad_norm,
            speed,
            elapsed,
            float(event.memory_bytes),
        )


@dataclass(slots=True)
class History:
    """Everything a run has said so far, in order, for plots and tables.

    Attributes:
        samples: answers to the fixed prompts, one for each step that has some, by step.
        first_batch: what went into the model first; None until the engine has told it.
        turns: what changed the run's course, never forgotten: starts of an engine, memory that
            ran out, changes of the plan, ways back.
        room: the engine waits for room on the disk; None while it does not.
        left: evaluations of steps that the run has gone back behind.
    """

    evaluations: list[Evaluated] = field(default_factory=list)
    checkpoints: list[CheckpointCommitted] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    samples: list[Sampled] = field(default_factory=list)
    first_batch: FirstBatch | None = None
    turns: list[Turn] = field(default_factory=list)
    room: RoomWanted | None = None
    left: list[Evaluated] = field(default_factory=list)
    _table: Floats = field(default_factory=lambda: np.empty((FIRST_ROOM, len(COLUMNS))))
    _length: int = 0
    _extremes: dict[tuple[str, int], Extremes] = field(default_factory=dict)

    def __len__(self) -> int:
        return self._length

    def column(self, name: str) -> Floats:
        """Return one column of COLUMNS over all steps, as a view that must not be written to."""
        return self._table[: self._length, COLUMNS.index(name)]

    def places(self, name: str, most: int) -> Places:
        """Return the places of at most about ``most`` steps that show a column's lows and highs."""
        known = self._extremes.setdefault((name, most), Extremes())
        return known.of(self.column(name), most)

    @property
    def base_loss(self) -> float | None:
        """Held-out loss of the base before training; None if it was not evaluated."""
        base = base_of(self.evaluations)
        return base.target_loss if base is not None else None

    def add(self, batch: Batch) -> None:
        """Take in a batch."""
        if batch.rewind is not None:
            self._forget_after(batch.rewind)
        for event in batch.others:
            self._keep(event)
        self._grow(batch.steps)
        if self.room is not None and len(batch.steps) and batch.steps[-1, 0] > self.room.step:
            self.room = None

    def elapsed_at(self, step: float) -> float:
        """Return the seconds of training up to a step."""
        if not self._length:
            return 0.0
        return float(np.interp(step, self.column("step"), self.column("elapsed")))

    def _keep(self, event: Any) -> None:
        match event:
            case Evaluated():
                self.evaluations = [e for e in self.evaluations if e.step != event.step]
                self.evaluations.append(event)
            case CheckpointCommitted():
                self.checkpoints = [c for c in self.checkpoints if c.step != event.step]
                self.checkpoints.append(event)
            case Remark():
                self.remarks.append(event)
            case Sampled():
                self.samples = [s for s in self.samples if s.step != event.step]
                self.samples.append(event)
                self.samples.sort(key=lambda s: s.step)
            case FirstBatch():
                self.first_batch = self.first_batch or event
            case RoomWanted():
                self.room = event
        if isinstance(event, CheckpointCommitted | RunStarted | RunEnded | RolledBack):
            self.room = None
        if isinstance(event, Turn):
            self.turns.append(event)

    def _forget_after(self, step: int) -> None:
        self._length = int(np.searchsorted(self.column("step"), step, side="right"))
        self._extremes.clear()
        self.left = [e for e in self.evaluations if e.step > step] or self.left
        self.evaluations = [e for e in self.evaluations if e.step <= step]
        self.checkpoints = [c for c in self.checkpoints if c.step <= step]
        self.samples = [s for s in self.samples if s.step <= step]

    def _grow(self, steps: Floats) -> None:
        wanted = self._length + len(steps)
        if wanted > len(self._table):
            room = np.empty((max(wanted, 2 * len(self._table)), len(COLUMNS)))
            room[: self._length] = self._table[: self._length]
            self._table = room
        self._table[self._length : wanted] = steps
        self._length = wanted

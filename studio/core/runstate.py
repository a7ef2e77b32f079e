"""What is known about a run, as a fold over its events; replaying the file rebuilds the page."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    Event,
    PlanChanged,
    Remark,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    Sampled,
    StateChanged,
    StepDone,
)
from studio.core.life import FINAL, LEAVING, RESUMABLE, State, after

__all__ = ["FINAL", "RESUMABLE", "SPEED_STEPS", "RunState", "State", "advance", "observed"]
SPEED_STEPS = 20
"""Steps over which speed and time left are judged."""


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it stands after some prefix of its events; curves are kept elsewhere."""

    state: State = State.QUEUED
    detail: str = ""
    run: str = ""
    step: int = 0
    total_steps: int = 0
    pid: int | None = None
    device: str = ""
    processes: int = 1
    """Engines that share the work."""
    precision: str = ""
    quantization: str = ""
    trainable_parameters: int = 0
    total_parameters: int = 0
    loss: float | None = None
    target_loss: float | None = None
    best_target_loss: float | None = None
    best_step: int = 0
    bests: tuple[tuple[int, float], ...] = ()
    """(step, held-out loss) of each evaluation that was better than all before it."""
    learning_rate: float | None = None
    grad_norm: float | None = None
    recent: tuple[tuple[int, float], ...] = ()
    """(non-padding tokens, seconds) of the last steps."""
    seconds: float = 0.0
    """Time in steps, over all engines that worked on the run."""
    beside: float = 0.0
    """Time in evaluations, answers and checkpoints, over all engines."""
    beside_recent: tuple[int, float] = (0, 0.0)
    """Step from which this engine went on, and its time beside the steps after that."""
    started: float = 0.0
    """Wall-clock time of the first start."""
    updated: float = 0.0
    """Wall-clock time of the last event."""
    checkpoints: tuple[int, ...] = ()
    plan: dict[str, Any] = field(default_factory=dict)
    """Recipe fields that were changed on the way."""
    remarks: tuple[Remark, ...] = ()
    predicted_peak_bytes: int = 0
    memory_bytes: int = 0
    measured_peak_bytes: int = 0
    room: RoomWanted | None = None
    """What the run waits for, while the disk has no room for a checkpoint."""
    summary: str = ""
    hint: str = ""
    details: str = ""
    adapter: str = ""

    @property
    def final(self) -> bool:
        """Whether no engine works on the run."""
        return self.state in FINAL

    @property
    def tokens_per_second(self) -> float | None:
        """Non-padding tokens per second over the last steps; None before the first."""
        seconds = sum(s for _, s in self.recent)
        return sum(n for n, _ in self.recent) / seconds if seconds > 0 else None

    @property
    def seconds_left(self) -> float | None:
        """Expected time to the end, with what comes between steps; None where no step is taken."""
        if not self.recent or self.final:
            return None
        each = sum(s for _, s in self.recent) / len(self.recent)
        first, beside = self.beside_recent
        each += beside / max(self.step - first, 1)
        return each * max(self.total_steps - self.step, 0)


def advance(state: RunState, event: Event) -> RunState:
    """Return the state after one more event."""
    time = getattr(event, "time", 0.0)
    if time:
        state = replace(state, updated=time)
    was_final = state.final and state.state is not State.LOST  # which nobody but we said
    state = replace(state, state=after(state.state, event))
    match event:
        case RunStarted():
            return _started(state, event)
        case StateChanged(detail=detail):
            late = was_final and state.final
            return state if late else replace(state, detail=detail, room=None)
        case RoomWanted():
            return replace(state, room=event)
        case StepDone():
            return _stepped(state, event)
        case Sampled():
            return _waited(state, event.step, event.seconds)
        case Evaluated(step=step, target_loss=loss):
            state = _waited(state, step, event.seconds)
            best = state.best_target_loss
            if math.isfinite(loss) and (best is None or loss < best):
                bests = (*state.bests, (step, loss))
                state = replace(state, best_target_loss=loss, best_step=step, bests=bests)
            return replace(state, target_loss=loss)
        case PlanChanged(changes=changes):
            return replace(state, plan={**state.plan, **changes})
        case CheckpointCommitted(step=step):
            state = _waited(state, step, event.seconds)
            kept = tuple(s for s in state.checkpoints if s != step)
            return replace(state, checkpoints=(*kept, step))
        case Remark():
            return replace(state, remarks=(*state.remarks, event))
        case RolledBack(to_step=step):
            return _gone_back(state, step)
        case RunEnded():
            return state if was_final else _ended(state, event)
        case _:
            return state


def observed(state: RunState, alive: bool, memory_kills: int | None = None) -> RunState:
    """Return the state as seen from outside: a run whose engine is gone without a word is lost.

    Args:
        state: as its events tell it.
        alive: whether an engine works on the run.
        memory_kills: processes that the system killed for want of memory since the engine began;
            None if nobody knows.
    """
    if alive or state.final or state.state is State.QUEUED:
        return state
    on = "Resume goes on from the last committed checkpoint."
    if memory_kills is None:
        hint = f"It may have been killed by the system for want of memory. {on}"
    elif memory_kills:
        hint = (
            "The system killed a process for want of memory meanwhile, most likely this one. End "
            f"what else takes memory, or take fewer sequences at once. {on}"
        )
    else:
        hint = f"It crashed or was ended from outside; it was not for want of memory. {on}"
    return replace(
        state,
        state=State.LOST,
        pid=None,
        summary=f"The training process ended without a word at step {state.step:,}.",
        hint=hint,
    )


def _started(state: RunState, event: RunStarted) -> RunState:
    return replace(
        state,
        run=event.run,
        pid=event.pid,
        step=min(state.step, event.resumed_from),
        total_steps=event.total_steps or state.total_steps,
        device=event.device or state.device,
        processes=event.processes,
        precision=event.precision or state.precision,
        quantization=event.quantization or state.quantization,
        trainable_parameters=event.trainable_parameters or state.trainable_parameters,
        total_parameters=event.total_parameters or state.total_parameters,
        predicted_peak_bytes=event.predicted_peak_bytes or state.predicted_peak_bytes,
        started=state.started or event.time,
        room=None,
        recent=(),
        beside_recent=(event.resumed_from, 0.0),
        summary="",
        hint="",
        details="",
    )


def _waited(state: RunState, step: int, seconds: float) -> RunState:
    """Return the state after something that took time beside the steps; a start's is no pace."""
    first, recent = state.beside_recent
    if step > first:
        recent += seconds
    return replace(state, beside=state.beside + seconds, beside_recent=(first, recent))


def _gone_back(state: RunState, step: int) -> RunState:
    """Return the state of a run that takes the steps after one again."""
    bests = tuple((at, loss) for at, loss in state.bests if at <= step)
    best_step, best = bests[-1] if bests else (0, None)
    return replace(
        state,
        step=min(state.step, step),
        checkpoints=tuple(s for s in state.checkpoints if s <= step),
        recent=(),
        bests=bests,
        best_step=best_step,
        best_target_loss=best,
    )


def _stepped(state: RunState, event: StepDone) -> RunState:
    return replace(
        state,
        detail=state.detail if state.state in LEAVING else "",
        step=event.step,
        loss=event.loss,
        learning_rate=event.learning_rate,
        grad_norm=event.grad_norm,
        recent=(*state.recent, (event.tokens, event.seconds))[-SPEED_STEPS:],
        seconds=state.seconds + event.seconds,
        memory_bytes=max(state.memory_bytes, event.memory_bytes),
    )


def _ended(state: RunState, event: RunEnded) -> RunState:
    return replace(
        state,
        detail="",
        room=None,
        pid=None,
        step=event.step or state.step,  # one that failed while it began has counted none
        summary=event.summary,
        hint=event.hint,
        details=event.details,
        adapter=event.adapter or state.adapter,
        # of the whole run: an engine that went on from a checkpoint knows its own peak alone
        measured_peak_bytes=max(event.measured_peak_bytes, state.measured_peak_bytes),
    )

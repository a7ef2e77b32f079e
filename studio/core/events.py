"""The facts an engine tells about a run, in order, in ``events.jsonl``: the truth about the run.

Lines are only ever added. Losses are means over trained tokens, in nats; times are wall-clock
seconds since the epoch in ``time`` and lengths of time in ``seconds``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from studio.core.wire import Codec, LineReader, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """An engine took the run's lock and begins, or begins again, to work on it."""

    run: str
    total_steps: int
    """Optimizer steps of the whole run; 0 while it is not known yet."""
    pid: int
    device: str = ""
    """"cuda:0 NVIDIA ..." or "cpu AMD EPYC ..."."""
    precision: str = ""
    """What was really used: bf16, fp16 or fp32."""
    quantization: str = ""
    """What was really used: nf4, fp4, int8 or none."""
    trainable_parameters: int = 0
    total_parameters: int = 0
    train_rows: int = 0
    validation_rows: int = 0
    resumed_from: int = 0
    """Step of the checkpoint the run goes on from; 0 at its start."""
    predicted_peak_bytes: int = 0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChanged:
    """The engine does something else now: loading, training, evaluating, saving, stopping..."""

    state: str
    detail: str = ""
    """One sentence for the user, such as "Rendering 240 rows"."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone:
    """One optimizer step was taken."""

    step: int
    """Counts from 1."""
    loss: float
    learning_rate: float
    grad_norm: float
    """Before clipping."""
    tokens: int
    """Non-padding tokens of the step, masked ones included."""
    trained_tokens: int
    seconds: float
    """Wall time of the step, without evaluation and saving."""
    epoch: float = 0.0
    memory_bytes: int = 0
    """Peak of the process so far: allocator's on CUDA, resident on CPU."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """The held-out rows were evaluated; step 0 is the base before training."""

    step: int
    target_loss: float
    rows: int = 0
    tokens: int = 0
    seconds: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanged:
    """The recipe is carried out differently from here on; the plan is the fold of these."""

    step: int
    changes: dict[str, Any]
    reason: str
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCommitted:
    """A checkpoint is whole on the disk, verified by its manifest."""

    step: int
    path: str
    """Relative to the run's folder."""
    size_bytes: int = 0
    seconds: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something the user should know that does not stop the run."""

    code: str
    summary: str
    hint: str = ""
    step: int = 0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded:
    """The engine's last word about the run."""

    outcome: str
    """A final state: done, stopped, paused, failed, diverged, out_of_memory."""
    run: str
    step: int
    summary: str = ""
    """What happened, as a sentence; empty for a plain end."""
    hint: str = ""
    details: str = ""
    adapter: str = ""
    """Folder of the result, relative to the run's folder; empty when there is none."""
    measured_peak_bytes: int = 0
    seconds: float = 0.0
    time: float = 0.0


Event = (
    RunStarted
    | StateChanged
    | StepDone
    | Evaluated
    | PlanChanged
    | CheckpointCommitted
    | Remark
    | RunEnded
    | Unknown
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """Stop after this step, commit a checkpoint and keep the adapter."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """Commit a checkpoint after this step and end the process; the run can be resumed."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAsked:
    """Commit a checkpoint after this step and go on."""

    time: float = 0.0


Control = StopAsked | PauseAsked | SaveAsked | Unknown

EVENTS = Codec(
    (
        RunStarted,
        StateChanged,
        StepDone,
        Evaluated,
        PlanChanged,
        CheckpointCommitted,
        Remark,
        RunEnded,
    )
)
CONTROL = Codec((StopAsked, PauseAsked, SaveAsked))


def event_reader() -> LineReader:
    """Return a reader that turns bytes of ``events.jsonl`` into events."""
    return LineReader(EVENTS)

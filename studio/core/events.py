"""The facts an engine tells about a run, in order, in ``events.jsonl``: the truth about the run.

Lines are only ever added. Losses are means over trained tokens, in nats; times are wall-clock
seconds since the epoch in ``time`` and lengths of time in ``seconds``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from studio.core.wire import Codec, Unknown


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
    start_from: str = ""
    """The adapter the run goes on from; empty when it begins at the base."""
    processes: int = 1
    """Engines that share the work."""
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
    """The held-out rows were evaluated; step 0 is before training: the base, or where it goes on."""

    step: int
    target_loss: float
    rows: int = 0
    tokens: int = 0
    seconds: float = 0.0
    general_loss: float | None = None
    """Mean over the tokens of the probes' answers, in nats; None when nothing guards the run."""
    general_accuracy: float | None = None
    """Share of the probes answered right, 0 to 1."""
    drift: float | None = None
    """Divergence of the trained model from the base on the probes' answers, in nats per token."""
    general_ranges: dict[str, Any] = field(default_factory=dict)
    """For general_loss, general_accuracy and drift: [low, high] of the 95 % interval."""
    general_tags: dict[str, Any] = field(default_factory=dict)
    """For each tag of probes: {loss, accuracy, drift, items}."""
    guard_seconds: float = 0.0
    """What measuring the general part cost; not in ``seconds``."""
    base: dict[str, Any] = field(default_factory=dict)
    """At step 0 of a run that goes on from an adapter, the same of the base without it: target_loss,
    general_loss, general_accuracy and general_tags, as far as they were measured."""
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
    action: str = ""
    """What can be done about it at once, as in core/actions.py; empty for nothing."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryShort:
    """Memory ran out; what was tried, before what is said in the PlanChanged after it."""

    step: int
    where: str
    """What was being done: loading, training, evaluating, sampling or saving."""
    summary: str
    free_bytes: int = 0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomWanted:
    """The disk has no room for a checkpoint: the engine waits for an answer, and trains no step."""

    step: int
    folder: str
    needed_bytes: int
    free_bytes: int
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledBack:
    """The run went back to an earlier checkpoint; steps after it are taken again."""

    step: int
    """Where it was."""
    to_step: int
    reason: str
    learning_rate: float = 0.0
    """The new highest rate; 0 when it stays as it was."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """The fixed prompts were answered by the model as it stands; step 0 is the base."""

    step: int
    answers: list[Any]
    """{id, prompt, answer, reference, tokens, ended} for each prompt; texts are not trusted.

    The id is "prompt 1", … for the user's own and "row 12" for a held-out row; ended is end,
    length, or cut where the seconds allowed were used up."""
    seconds: float = 0.0
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBatch:
    """The first micro-batch, as it went into the model."""

    rows: list[Any]
    """{row, tokens: [[text, state], ...]} for each row; state as in a token view."""
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
    | MemoryShort
    | RoomWanted
    | RolledBack
    | Sampled
    | FirstBatch
    | RunEnded
    | Unknown
)


EVENTS = Codec(
    (
        RunStarted,
        StateChanged,
        StepDone,
        Evaluated,
        PlanChanged,
        CheckpointCommitted,
        Remark,
        MemoryShort,
        RoomWanted,
        RolledBack,
        Sampled,
        FirstBatch,
        RunEnded,
    )
)

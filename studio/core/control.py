"""What can be asked of a run while an engine works on it, in order, in ``control.jsonl``."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.wire import Codec, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class StopAsked:
    """Stop after this step, commit a checkpoint and keep the adapter."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseAsked:
    """Commit a checkpoint after this step and end the process; the run can be resumed."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardAsked:
    """End at once and keep nothing of what was not committed."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAsked:
    """Commit a checkpoint after this step and go on."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateAsked:
    """Evaluate the held-out rows after this step and go on."""

    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleAsked:
    """Answer the fixed prompts after this step and go on."""

    prompt: str = ""
    """A prompt to add to the fixed ones; empty for none."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RateAsked:
    """Go on with another highest learning rate; the schedule keeps its shape."""

    learning_rate: float
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RollBackAsked:
    """Go back to a checkpoint and on from there."""

    step: int
    learning_rate: float = 0.0
    """The new highest rate; 0 keeps it."""
    time: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomAnswered:
    """What to do without room for a checkpoint: try again, write elsewhere, or stop and keep."""

    answer: str
    """retry, folder or stop."""
    folder: str = ""
    """Where checkpoints go from now on, for the answer ``folder``."""
    time: float = 0.0


Wish = (
    StopAsked
    | PauseAsked
    | DiscardAsked
    | SaveAsked
    | EvaluateAsked
    | SampleAsked
    | RateAsked
    | RollBackAsked
    | RoomAnswered
)
Control = Wish | Unknown

CONTROL = Codec(
    (
        StopAsked,
        PauseAsked,
        DiscardAsked,
        SaveAsked,
        EvaluateAsked,
        SampleAsked,
        RateAsked,
        RollBackAsked,
        RoomAnswered,
    )
)

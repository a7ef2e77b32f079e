"""A run's life as a state machine: what each event and each wish makes of each state.

Nothing here raises: an event that comes late, twice or out of order leaves the state as it is.
"""

from __future__ import annotations

from enum import StrEnum

from studio.core.control import (
    DiscardAsked,
    EvaluateAsked,
    PauseAsked,
    RateAsked,
    RollBackAsked,
    RoomAnswered,
    SampleAsked,
    SaveAsked,
    StopAsked,
    Wish,
)
from studio.core.events import (
    Event,
    RolledBack,
    RoomWanted,
    RunEnded,
    RunStarted,
    StateChanged,
    StepDone,
)


class State(StrEnum):
    """Where a run is in its life; these strings are used everywhere."""

    QUEUED = "queued"
    LOADING = "loading"
    TRAINING = "training"
    EVALUATING = "evaluating"
    SAVING = "saving"
    PAUSING = "pausing"
    PAUSED = "paused"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"
    DIVERGED = "diverged"
    OUT_OF_MEMORY = "out_of_memory"
    LOST = "lost"


FINAL = frozenset(
    {
        State.PAUSED,
        State.STOPPED,
        State.DONE,
        State.FAILED,
        State.DIVERGED,
        State.OUT_OF_MEMORY,
        State.LOST,
    }
)
"""States in which no engine works on the run."""
RESUMABLE = FINAL - {State.DONE}
LEAVING = frozenset({State.PAUSING, State.STOPPING})
"""States in which the engine finishes a step, keeps it and ends."""
_TOLD = frozenset(
    {State.LOADING, State.TRAINING, State.EVALUATING, State.SAVING, State.PAUSING, State.STOPPING}
)
"""States that an engine can say it is in; how it ended is told by RunEnded alone."""
FOLLOWS: dict[State, frozenset[State]] = {
    State.QUEUED: _TOLD | FINAL,
    State.LOADING: _TOLD | FINAL,
    State.TRAINING: _TOLD | FINAL,
    State.EVALUATING: _TOLD | FINAL,
    State.SAVING: _TOLD | FINAL,
    # What is done on the way out, keeping a step say, does not hide that the run is leaving
    State.PAUSING: frozenset({State.PAUSING, State.STOPPING, State.LOADING}) | FINAL,
    State.STOPPING: frozenset({State.PAUSING, State.STOPPING, State.LOADING}) | FINAL,
    # After an end only a fresh engine has something to say, and it begins with loading
    **{state: frozenset({State.LOADING}) for state in FINAL - {State.LOST}},
    # Nobody but an observer says lost: an engine that was taken for dead may speak again
    State.LOST: _TOLD | FINAL,
}
"""For each state those that may come after it."""


def after(state: State, event: Event) -> State:
    """Return the state of a run after one more event."""
    wanted = _wanted(state, event)
    return wanted if wanted in FOLLOWS[state] else state


def _wanted(state: State, event: Event) -> State:
    match event:
        case RunStarted() | RolledBack():
            return State.LOADING
        case StateChanged(state=name):
            return State(name) if name in _TOLD else state
        case StepDone():
            return State.TRAINING
        case RoomWanted():
            return State.SAVING
        case RunEnded(outcome=outcome):
            return State(outcome) if outcome in FINAL else State.FAILED
    return state


_ANY_TIME = frozenset({StopAsked, PauseAsked, DiscardAsked})
_BETWEEN_STEPS = frozenset({SaveAsked, EvaluateAsked, SampleAsked, RateAsked, RollBackAsked})
HEARD: dict[State, frozenset[type]] = {
    State.LOADING: _ANY_TIME | {RateAsked},
    State.TRAINING: _ANY_TIME | _BETWEEN_STEPS,
    State.EVALUATING: _ANY_TIME | _BETWEEN_STEPS,
    State.SAVING: _ANY_TIME | _BETWEEN_STEPS | {RoomAnswered},
    State.PAUSING: _ANY_TIME | {RoomAnswered},
    State.STOPPING: _ANY_TIME | {RoomAnswered},
}
"""For each state the wishes that an engine in it hears; in the others there is no engine."""


def can_ask(state: State, wish: type[Wish]) -> bool:
    """Return whether a wish of that kind makes sense for a run in that state."""
    return wish in HEARD.get(state, frozenset())


def asked(state: State, wish: Wish) -> State:
    """Return what a run will be while it carries out a wish; its state if it does not hear it."""
    if not can_ask(state, type(wish)):
        return state
    match wish:
        case StopAsked() | DiscardAsked() | RoomAnswered(answer="stop"):
            return State.STOPPING
        case PauseAsked():
            return State.PAUSING
        case EvaluateAsked():
            return State.EVALUATING
        case SaveAsked():
            return State.SAVING
        case RollBackAsked():
            return State.LOADING
    return state

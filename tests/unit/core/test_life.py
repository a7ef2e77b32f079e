"""From every state, with every event and every wish."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from studio.core.control import (
    CONTROL,
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
    StateChanged,
    StepDone,
)
from studio.core.life import FINAL, FOLLOWS, HEARD, LEAVING, State, after, asked, can_ask
from studio.core.runstate import RunState, advance
from studio.core.wire import Unknown

STEP = StepDone(step=3, loss=1, learning_rate=1, grad_norm=1, tokens=1, trained_tokens=1, seconds=1)
EVENTS: dict[str, Event] = {
    "started": RunStarted(run="r", total_steps=9, pid=1),
    "says queued": StateChanged(state="queued"),
    "says loading": StateChanged(state="loading"),
    "says training": StateChanged(state="training"),
    "says evaluating": StateChanged(state="evaluating"),
    "says saving": StateChanged(state="saving"),
    "says pausing": StateChanged(state="pausing"),
    "says stopping": StateChanged(state="stopping"),
    "says done": StateChanged(state="done"),
    "says nonsense": StateChanged(state="dancing"),
    "step": STEP,
    "evaluated": Evaluated(step=3, target_loss=1.0),
    "plan": PlanChanged(step=3, changes={"micro_batch": 1}, reason="."),
    "committed": CheckpointCommitted(step=3, path="checkpoints/step-000003"),
    "remark": Remark(code="c", summary="s"),
    "memory": MemoryShort(step=3, where="training", summary="."),
    "room": RoomWanted(step=3, folder="f", needed_bytes=2, free_bytes=1),
    "rolled back": RolledBack(step=3, to_step=2, reason="."),
    "sampled": Sampled(step=3, answers=[]),
    "first batch": FirstBatch(rows=[]),
    "ends done": RunEnded(outcome="done", run="r", step=3),
    "ends stopped": RunEnded(outcome="stopped", run="r", step=3),
    "ends paused": RunEnded(outcome="paused", run="r", step=3),
    "ends failed": RunEnded(outcome="failed", run="r", step=3),
    "ends diverged": RunEnded(outcome="diverged", run="r", step=3),
    "ends out_of_memory": RunEnded(outcome="out_of_memory", run="r", step=3),
    "ends training": RunEnded(outcome="training", run="r", step=3),
    "ends nonsense": RunEnded(outcome="eaten", run="r", step=3),
    "unknown": Unknown("Later", {}),
}
WORKING = {
    "started": "loading",
    "says loading": "loading",
    "says training": "training",
    "says evaluating": "evaluating",
    "says saving": "saving",
    "says pausing": "pausing",
    "says stopping": "stopping",
    "step": "training",
    "room": "saving",
    "rolled back": "loading",
    **{f"ends {state}": state for state in FINAL - {State.LOST}},
    "ends training": "failed",
    "ends nonsense": "failed",
}
"""What events make of a state in which an engine works; the others leave it."""
LEAVES = {
    name: state
    for name, state in WORKING.items()
    if state not in ("training", "evaluating", "saving")
}
ENDED = {"started": "loading", "says loading": "loading", "rolled back": "loading"}
NEXT: dict[State, dict[str, str]] = {
    **{state: WORKING for state in State},
    **{state: LEAVES for state in LEAVING},
    **{state: ENDED for state in FINAL - {State.LOST}},
}
"""For each state what each event makes of it; events that are not named leave it."""


def test_every_event_is_in_the_table():
    assert {type(event) for event in EVENTS.values()} == set(get_args(Event))
    assert set(FOLLOWS) == set(State)


@pytest.mark.parametrize("state", State)
def test_every_state_takes_every_event(state: State) -> None:
    for name, event in EVENTS.items():
        expected = State(NEXT[state].get(name, state))
        assert after(state, event) is expected, name
        assert advance(RunState(state=state, step=3), event).state is expected, name


def test_no_order_of_events_leaves_the_states() -> None:
    for names in itertools.product(EVENTS, repeat=3):
        state = RunState()
        for name in names:
            before, state = state, advance(state, EVENTS[name])
            assert state.state is before.state or state.state in FOLLOWS[before.state]


WISHES: list[Wish] = [
    StopAsked(),
    PauseAsked(),
    DiscardAsked(),
    SaveAsked(),
    EvaluateAsked(),
    SampleAsked(),
    RateAsked(learning_rate=1e-4),
    RollBackAsked(step=1),
    RoomAnswered(answer="stop"),
]
HEARS = {
    "loading": "StopAsked PauseAsked DiscardAsked RateAsked",
    "training": "StopAsked PauseAsked DiscardAsked SaveAsked EvaluateAsked SampleAsked RateAsked "
    "RollBackAsked",
    "pausing": "StopAsked PauseAsked DiscardAsked RoomAnswered",
}
HEARS |= {
    "evaluating": HEARS["training"],
    "saving": HEARS["training"] + " RoomAnswered",
    "stopping": HEARS["pausing"],
}
BECOMES = {
    StopAsked: "stopping",
    DiscardAsked: "stopping",
    RoomAnswered: "stopping",
    PauseAsked: "pausing",
    EvaluateAsked: "evaluating",
    SaveAsked: "saving",
    RollBackAsked: "loading",
}


@pytest.mark.parametrize("state", State)
def test_every_state_takes_every_wish(state: State) -> None:
    for wish in WISHES:
        heard = type(wish).__name__ in HEARS.get(state, "").split()
        assert can_ask(state, type(wish)) is heard, wish
        expected = State(BECOMES.get(type(wish), state)) if heard else state
        assert asked(state, wish) is expected, wish


def test_every_wish_is_in_the_table_and_where_an_engine_works_some_are_heard() -> None:
    assert {type(wish) for wish in WISHES} == set(get_args(Wish))
    assert set(HEARD) == set(State) - FINAL - {State.QUEUED}
    assert all(CONTROL.decode(CONTROL.encode(wish)) == wish for wish in WISHES)


def test_an_event_after_the_end_changes_nothing_that_was_said() -> None:
    ended = advance(RunState(), RunEnded(outcome="failed", run="r", step=3, summary="It broke."))
    late = advance(ended, RunEnded(outcome="done", run="r", step=9))
    late = advance(late, StateChanged(state="training", detail="Evaluating"))
    assert (late.state, late.step, late.summary, late.detail) == ("failed", 3, "It broke.", "")


def test_the_run_says_what_room_it_waits_for_until_it_has_it() -> None:
    state = advance(RunState(state=State.TRAINING), EVENTS["room"])
    assert state.room is EVENTS["room"]
    for name in ("says training", "started", "ends paused"):
        assert advance(state, EVENTS[name]).room is None
    stopping = advance(RunState(state=State.STOPPING), EVENTS["room"])
    assert (stopping.state, stopping.room) == ("stopping", EVENTS["room"])


def test_going_back_forgets_what_came_after() -> None:
    state = RunState(state=State.TRAINING, step=9, total_steps=20, checkpoints=(2, 4, 8))
    for step, loss in ((2, 3.0), (4, 2.0), (6, 2.5), (8, 1.0)):
        state = advance(state, Evaluated(step=step, target_loss=loss))
    back = advance(state, RolledBack(step=9, to_step=6, reason="."))
    assert (back.step, back.checkpoints, back.best_step) == (6, (2, 4), 4)
    assert back.best_target_loss == 2.0
    assert advance(back, RolledBack(step=6, to_step=0, reason=".")).best_target_loss is None

import math

import pytest

from studio.core.events import (
    CheckpointCommitted,
    Evaluated,
    PlanChanged,
    Remark,
    RunEnded,
    RunStarted,
    Sampled,
    StateChanged,
    StepDone,
)
from studio.core.runstate import FINAL, RESUMABLE, RunState, State, advance, observed
from studio.core.wire import Unknown


def step(n: int, loss: float = 1.0, seconds: float = 2.0) -> StepDone:
    return StepDone(
        step=n,
        loss=loss,
        learning_rate=1e-4,
        grad_norm=0.5,
        tokens=100,
        trained_tokens=40,
        seconds=seconds,
        memory_bytes=10 * n,
    )


def fold(*events: object) -> RunState:
    state = RunState()
    for event in events:
        state = advance(state, event)  # type: ignore[arg-type]
    return state


def test_a_run_from_start_to_end():
    state = fold(
        RunStarted(run="r", total_steps=3, pid=5, time=10.0),
        StateChanged(state="training"),
        Evaluated(step=0, target_loss=3.0),
        step(1),
        step(2, loss=0.5),
        Evaluated(step=2, target_loss=1.0),
        CheckpointCommitted(step=2, path="checkpoints/step-000002"),
        step(3, loss=0.4),
        Evaluated(step=3, target_loss=1.5),
        RunEnded(outcome="done", run="r", step=3, adapter="adapter", measured_peak_bytes=99),
    )
    assert (state.state, state.step, state.loss, state.pid) == (State.DONE, 3, 0.4, None)
    assert (state.best_target_loss, state.best_step, state.checkpoints) == (1.0, 2, (2,))
    assert (state.adapter, state.measured_peak_bytes, state.seconds) == ("adapter", 99, 6.0)
    assert state.started == 10.0 and state.seconds_left is None


def test_speed_and_time_left_are_judged_over_the_last_steps():
    state = fold(RunStarted(run="r", total_steps=100, pid=5), step(1, seconds=1000.0))
    for n in range(2, 30):
        state = advance(state, step(n, seconds=2.0))
    assert state.tokens_per_second == pytest.approx(50.0)
    assert state.seconds_left == pytest.approx(2.0 * (100 - 29))


def test_a_resumed_run_goes_back_to_its_checkpoint_and_forgets_the_old_end():
    state = fold(
        RunStarted(run="r", total_steps=10, pid=5, time=10.0),
        step(1),
        step(2),
        step(3),
        RunEnded(outcome="failed", run="r", step=3, summary="It broke."),
        RunStarted(run="r", total_steps=10, pid=6, resumed_from=2, time=20.0),
    )
    assert (state.step, state.state, state.summary, state.pid) == (2, State.LOADING, "", 6)
    assert state.started == 10.0


def test_a_step_does_not_hide_that_the_run_is_stopping():
    state = fold(RunStarted(run="r", total_steps=9, pid=5), StateChanged(state="stopping"), step(1))
    assert state.state is State.STOPPING


def test_an_engine_that_is_gone_without_a_word_leaves_a_lost_run():
    state = fold(RunStarted(run="r", total_steps=9, pid=5), step(4))
    seen = observed(state, alive=False)
    assert seen.state is State.LOST and "step 4" in seen.summary and "Resume" in seen.hint
    assert observed(state, alive=True) is state
    assert observed(RunState(), alive=False).state is State.QUEUED


@pytest.mark.parametrize("outcome", sorted(FINAL))
def test_a_final_state_stays_what_it_is_when_the_engine_is_gone(outcome: State):
    state = fold(RunEnded(outcome=outcome, run="r", step=1))
    assert state.final and observed(state, alive=False).state is outcome
    assert (outcome in RESUMABLE) is (outcome is not State.DONE)


def test_words_this_version_does_not_know_change_nothing():
    state = fold(RunStarted(run="r", total_steps=9, pid=5))
    assert advance(state, Unknown("Later", {})) == state
    assert advance(state, StateChanged(state="dreaming")) == state
    assert advance(state, RunEnded(outcome="dreaming", run="r", step=1)).state is State.FAILED


def test_the_plan_is_a_fold_of_its_changes_and_remarks_are_kept():
    state = fold(
        PlanChanged(step=1, changes={"micro_batch": 2}, reason="memory"),
        PlanChanged(step=2, changes={"micro_batch": 1, "grad_accum": 4}, reason="memory"),
        Remark(code="slow", summary="It is slow."),
    )
    assert state.plan == {"micro_batch": 1, "grad_accum": 4}
    assert [r.code for r in state.remarks] == ["slow"]


def test_a_nan_loss_is_shown_as_it_is():
    assert math.isnan(fold(step(1, loss=math.nan)).loss or 0.0)


def test_an_evaluation_that_is_no_number_is_never_the_best():
    state = fold(
        Evaluated(step=0, target_loss=math.nan),
        Evaluated(step=5, target_loss=1.5),
        Evaluated(step=9, target_loss=math.nan),
    )
    assert (state.best_step, state.best_target_loss, state.bests) == (5, 1.5, ((5, 1.5),))
    assert math.isnan(state.target_loss or 0.0)


def test_a_lost_run_says_what_the_system_counted():
    state = fold(RunStarted(run="r", total_steps=9, pid=5), step(4))
    hints = [observed(state, alive=False, memory_kills=kills).hint for kills in (None, 0, 2)]
    assert "may have been killed" in hints[0]
    assert "not for want of memory" in hints[1]
    assert "most likely this one" in hints[2]
    assert all("last committed checkpoint" in hint for hint in hints)


def test_an_engine_that_failed_while_it_began_does_not_take_the_steps_away():
    before = RunState(state=State.PAUSED, step=23, total_steps=40)
    begun = advance(before, StateChanged(state="loading", detail="Starting the engine"))
    ended = advance(begun, RunEnded(outcome="failed", run="r", step=0, summary="It failed."))
    assert (ended.state, ended.step) == (State.FAILED, 23)


def test_the_peak_of_a_run_is_the_highest_of_all_its_engines():
    state = fold(
        RunStarted(run="r", total_steps=9, pid=5),
        RunEnded(outcome="paused", run="r", step=3, measured_peak_bytes=1_640),
        RunStarted(run="r", total_steps=9, pid=6, resumed_from=3),
        RunEnded(outcome="done", run="r", step=9, measured_peak_bytes=1_100),
    )
    assert state.measured_peak_bytes == 1_640


def test_time_left_counts_what_comes_between_the_steps_but_not_what_came_before_the_first():
    state = fold(
        RunStarted(run="r", total_steps=40, pid=1),
        Evaluated(step=0, target_loss=3.0, seconds=500.0),
        *(step(n) for n in range(1, 11)),
        Evaluated(step=10, target_loss=2.0, seconds=15.0),
        CheckpointCommitted(step=10, path="c", seconds=1.0),
        Sampled(step=10, answers=[], seconds=4.0),
    )
    assert state.seconds_left == pytest.approx(30 * (2.0 + 20.0 / 10))
    assert state.beside == 520.0
    again = advance(state, RunStarted(run="r", total_steps=40, pid=2, resumed_from=10))
    assert advance(again, step(11)).seconds_left == pytest.approx(29 * 2.0)

"""What is asked of a training run is done between two steps; the run's events tell it."""

from __future__ import annotations

import pytest

from studio.core.control import (
    CONTROL,
    DiscardAsked,
    EvaluateAsked,
    PauseAsked,
    RateAsked,
    RollBackAsked,
    SaveAsked,
    StopAsked,
)
from studio.core.events import (
    Evaluated,
    PlanChanged,
    Remark,
    RolledBack,
    RunStarted,
    StateChanged,
    StepDone,
)
from studio.data.checkpoints import ASIDE, checkpoint_steps, file_hash
from studio.engine.control import Wishes
from tests.helpers.runfolders import events_of, make_run, steps_of
from tests.helpers.working import ask_at, work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
ADAPTER = "adapter_model.safetensors"
QUIET = {"save_steps": 50, "eval_steps": 50}


def told(run, kind):
    return [event for event in events_of(run) if isinstance(event, kind)]


def test_a_discarded_run_ends_at_once_and_keeps_what_was_committed(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=9, save_steps=2, eval_steps=50)
    ending = work(run, ask_at(run, 3, DiscardAsked()))
    assert (ending.outcome, ending.summary) == (
        "stopped",
        "Ended at once, as asked. Step 2 is kept.",
    )
    assert list(steps_of(run)) == [1, 2, 3]
    assert checkpoint_steps(run) == [2]
    assert not run.adapter.exists()
    assert work(run).outcome == "done"
    assert told(run, RunStarted)[-1].resumed_from == 2


def test_evaluate_and_save_are_done_after_the_step(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=4, **QUIET)
    assert work(run, ask_at(run, 2, EvaluateAsked(), SaveAsked())).outcome == "done"
    assert [event.step for event in told(run, Evaluated)] == [0, 2, 4]
    assert checkpoint_steps(run) == [4, 2]


def test_a_stop_drops_the_evaluation_that_is_at_work_and_is_met_after_a_step(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=6, eval_steps=2, save_steps=50)

    def stop(event):
        if isinstance(event, StateChanged) and event.state == "evaluating" and steps_of(run):
            run.control.write_bytes(CONTROL.encode(StopAsked()))

    assert work(run, stop).outcome == "stopped"
    assert [event.step for event in told(run, Evaluated)] == [0]
    assert list(steps_of(run)) == [1, 2, 3]
    assert checkpoint_steps(run) == [3]


def test_another_rate_keeps_the_shape_of_the_schedule_and_survives_a_resume(tmp_path, tiny_model):
    settings = {"max_steps": 8, "scheduler": "linear", "warmup_steps": 0, "loraplus_ratio": 4.0}
    plain = make_run(tmp_path, tiny_model, **settings, **QUIET)
    work(plain)
    run = make_run(tmp_path, tiny_model, **settings, **QUIET)
    work(run, ask_at(run, 3, RateAsked(learning_rate=5e-3), SaveAsked()))
    paused = make_run(tmp_path, tiny_model, **settings, **QUIET)
    work(paused, ask_at(paused, 3, RateAsked(learning_rate=5e-3), PauseAsked()))
    assert work(paused).outcome == "done"
    rates = [event.learning_rate for event in steps_of(plain).values()]
    halved = [rate * (0.5 if step > 3 else 1) for step, rate in enumerate(rates, 1)]
    for changed in (run, paused):
        found = [event.learning_rate for event in steps_of(changed).values()]
        assert found == pytest.approx(halved)
        (change,) = told(changed, PlanChanged)
        assert (change.step, change.changes) == (3, {"learning_rate": 5e-3})
    assert file_hash(run.adapter / ADAPTER) == file_hash(paused.adapter / ADAPTER)


def test_a_rate_that_is_none_is_refused_and_training_goes_on(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=3, **QUIET)
    work(run, ask_at(run, 1, RateAsked(learning_rate=float("nan")), RateAsked(learning_rate=7.0)))
    (remark,) = told(run, Remark)
    assert (remark.code, remark.step) == ("rate_refused", 1)
    assert told(run, PlanChanged) == []


def test_going_back_takes_the_steps_again_exactly(tmp_path, tiny_model):
    settings = {"max_steps": 6, "save_steps": 2, "eval_steps": 50, "dropout": 0.2}
    plain = make_run(tmp_path, tiny_model, **settings)
    work(plain)
    run = make_run(tmp_path, tiny_model, **settings)
    seen: list[int] = []

    def listen(event):
        asker(event)
        if isinstance(event, RolledBack):
            seen.extend(checkpoint_steps(run))

    asker = ask_at(run, 5, RollBackAsked(step=2))
    assert work(run, listen).outcome == "done"
    assert seen == [2]
    assert [e.step for e in told(run, StepDone)] == [1, 2, 3, 4, 5, 3, 4, 5, 6]
    assert file_hash(run.adapter / ADAPTER) == file_hash(plain.adapter / ADAPTER)
    assert not list((run.checkpoints / ASIDE).iterdir())


def test_a_run_does_not_go_back_to_what_is_not_there(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=4, **QUIET)
    assert work(run, ask_at(run, 2, RollBackAsked(step=1))).outcome == "done"
    (remark,) = told(run, Remark)
    assert remark.summary == (
        "The run cannot go back to step 1. The checkpoint of step 1 has no manifest."
    )


def test_an_engine_that_begins_again_answers_no_wish_twice(tmp_path):
    from studio.core.control import CONTROL

    path = tmp_path / "control.jsonl"
    path.write_bytes(CONTROL.encode(RollBackAsked(step=1, time=9.0)) + b'{"kind":"StopA')
    first = Wishes(path, born=0.0)
    assert first.take(RollBackAsked) is not None
    again = Wishes(path, born=0.0, answered=first.answered)
    again.look()
    assert again.take(RollBackAsked) is None and again.leaving is None
    path.write_bytes(path.read_bytes()[: first.answered] + CONTROL.encode(StopAsked(time=1.0)))
    again.look()
    assert isinstance(again.leaving, StopAsked)

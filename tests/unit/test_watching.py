"""What is watched of a training changes nothing of it, and is whole after a resume."""

from __future__ import annotations

import json
import math
import shutil
import time

import numpy as np
import pytest

from studio.core.batchplan import padded_length
from studio.core.control import CONTROL, RollBackAsked, SampleAsked
from studio.core.events import (
    FirstBatch,
    PlanChanged,
    Remark,
    RolledBack,
    RunEnded,
    Sampled,
    StepDone,
)
from studio.data.checkpoints import checkpoint_steps, file_hash
from studio.data.recipefile import read_recipe
from studio.data.rowlosses import read_row_losses, row_curves
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError
from tests.helpers.runfolders import events_of, make_run, steps_of

pytestmark = [
    pytest.mark.slow,
    # Libraries of the engine warn each other about names that are to go in their next versions
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
SAMPLES = {
    "samples": {"prompts": ["What is 3 times 3?"], "held_out": 2, "max_tokens": 8, "seconds": 600}
}
WEIGHTS = "adapter_model.safetensors"


def work(run, born=0.0):
    """Work on a run in this process, as the engine does once it has the lock."""
    from studio.engine.session import Session

    with EventLog(run.events) as log:
        return Session(run, read_recipe(run.recipe), log, Wishes(run.control, born)).work()


def told(run, kind):
    return [event for event in events_of(run) if isinstance(event, kind)]


@pytest.fixture(scope="module")
def watched(tmp_path_factory, tiny_model):
    """A QLoRA run with answers at each checkpoint; nobody may change it."""
    place = tmp_path_factory.mktemp("watched")
    settings = {"micro_batch": 2, "grad_accum": 2, "dropout": 0.3, "save_steps": 4, "max_steps": 8}
    run = make_run(place, tiny_model, tables=SAMPLES, **settings)
    bare = make_run(place, tiny_model, **settings)
    assert work(run).outcome == work(bare).outcome == "done"
    return run, bare


def test_a_run_that_is_asked_for_answers_trains_as_if_it_were_not(watched):
    run, bare = watched
    assert not told(bare, Sampled)
    assert [(s.loss, s.grad_norm) for s in steps_of(run).values()] == [
        (s.loss, s.grad_norm) for s in steps_of(bare).values()
    ]
    assert file_hash(run.adapter / WEIGHTS) == file_hash(bare.adapter / WEIGHTS)


def test_the_base_and_each_checkpoint_answer_the_same_prompts(watched):
    sampled = told(watched[0], Sampled)
    assert [event.step for event in sampled] == [0, 4, 8]
    for event in sampled:
        ids = [answer["id"] for answer in event.answers]
        assert ids == ["prompt 1", "row 22", "row 24"]
        assert all(1 <= answer["tokens"] <= 8 for answer in event.answers)
        assert {answer["ended"] for answer in event.answers} <= {"end", "length"}
    (_, held_out, _) = sampled[0].answers
    assert held_out["prompt"] == "What is 30 times 30?"
    assert held_out["reference"].startswith("It is 900.")
    assert sampled[0].answers != sampled[-1].answers


def test_a_resumed_run_with_answers_is_the_uninterrupted_run_without(watched):
    run, bare = watched
    copy = type(run)(run.path.with_name("resumed"))
    shutil.copytree(run.path, copy.path)
    shutil.rmtree(copy.adapter)
    shutil.rmtree(copy.checkpoint(8))
    assert work(copy).outcome == "done"
    assert file_hash(copy.adapter / WEIGHTS) == file_hash(bare.adapter / WEIGHTS)
    assert [event.step for event in told(copy, Sampled)] == [0, 4, 8, 8]
    assert len(told(copy, FirstBatch)) == 1
    np.testing.assert_array_equal(read_row_losses(copy.row_losses), read_row_losses(run.row_losses))


def test_what_the_rows_cost_adds_up_to_the_loss_of_each_step(watched):
    records = read_row_losses(watched[0].row_losses)
    for step, event in steps_of(watched[0]).items():
        of_step = records[records["step"] == step]
        assert of_step["tokens"].sum() == event.trained_tokens
        mean = np.average(of_step["loss"].astype(float), weights=of_step["tokens"])
        assert mean == pytest.approx(event.loss, rel=1e-5)


def test_rows_that_share_a_sequence_are_told_apart(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, quantization="none", packing=True, micro_batch=2, epochs=1)
    assert work(run).outcome == "done"
    curves = row_curves(read_row_losses(run.row_losses))
    assert [curve.row for curve in curves] == list(range(22))
    (first,) = told(run, FirstBatch)
    assert any(len(sequence["rows"]) > 1 for sequence in first.rows)
    records = read_row_losses(run.row_losses)
    for step, event in steps_of(run).items():
        of_step = records[records["step"] == step]
        mean = np.average(of_step["loss"].astype(float), weights=of_step["tokens"])
        assert mean == pytest.approx(event.loss, rel=1e-5)


def test_the_first_batch_is_told_as_it_went_in(watched):
    (first,) = told(watched[0], FirstBatch)
    assert len(first.rows) == 2
    for sequence in first.rows:
        text = "".join(piece for piece, _ in sequence["tokens"])
        trained = "".join(piece for piece, state in sequence["tokens"] if state == "trained")
        assert f"What is {sequence['row']} times" in text
        assert trained.startswith(f"It is {sequence['row'] ** 2}.")
        assert [state for _, state in sequence["tokens"]].count("end") == 1
    lengths = {len(sequence["tokens"]) + sequence["padding"] for sequence in first.rows}
    longest = max(len(sequence["tokens"]) for sequence in first.rows)
    assert lengths == {padded_length(longest)}


def test_a_prompt_that_was_asked_on_the_way_is_asked_from_then_on(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, quantization="none", max_steps=2, save_steps=2)
    wish = SampleAsked(prompt="Name three colours.", time=time.time())
    run.control.write_bytes(CONTROL.encode(wish))
    assert work(run).outcome == "done"
    first, last = told(run, Sampled)
    assert (first.step, last.step) == (1, 2)
    assert [answer["prompt"] for answer in last.answers] == ["Name three colours."]
    shutil.rmtree(run.checkpoint(2))
    run.control.unlink()
    assert work(run).outcome == "done"
    assert told(run, Sampled)[-1].answers[0]["prompt"] == "Name three colours."


@pytest.fixture
def broken(tmp_path, tiny_model, monkeypatch):
    """Give a maker of runs whose loss is no number at step 4, whatever the rate."""
    from studio.engine.trainer import StudioTrainer

    plain = StudioTrainer.training_step

    def step(self, *args, **kwargs):
        loss = plain(self, *args, **kwargs)
        return loss * math.nan if self.state.global_step == 3 else loss

    monkeypatch.setattr(StudioTrainer, "training_step", step)
    monkeypatch.setattr(
        StudioTrainer, "_get_grad_norm", _with_lost_loss(StudioTrainer._get_grad_norm)
    )
    return lambda **settings: make_run(
        tmp_path, tiny_model, quantization="none", max_steps=6, save_steps=1, **settings
    )


def _with_lost_loss(plain):
    def get(self, *args, **kwargs):
        if self.state.global_step == 3:
            self.facts.loss = math.nan
        return plain(self, *args, **kwargs)

    return get


def test_a_run_that_leaves_the_numbers_offers_to_go_back(broken):
    run = broken()
    with pytest.raises(DivergedError, match="At step 4"):
        work(run)
    (remark,) = [r for r in told(run, Remark) if r.code == "diverged"]
    assert remark.action == "roll_back:3"
    assert "5e-3" in remark.hint
    assert not told(run, RolledBack)


def test_a_run_that_diverged_goes_back_before_it_takes_another_step(broken):
    from studio.engine.again import StartAgain
    from studio.engine.trouble import asked_of_ended

    run = broken()
    with pytest.raises(DivergedError):
        work(run)
    wish = RollBackAsked(step=1, learning_rate=1e-3, time=time.time())
    run.control.write_bytes(CONTROL.encode(wish))
    with EventLog(run.events) as log:
        log.emit(RunEnded(outcome="diverged", run=run.id, step=3, time=wish.time - 1))
    with pytest.raises(StartAgain):
        work(run, born=wish.time + 1)  # the wish is older than the engine, and newer than the end
    assert asked_of_ended(run) is None
    (back,) = told(run, RolledBack)
    assert (back.step, back.to_step, back.learning_rate) == (3, 1, 1e-3)
    assert checkpoint_steps(run) == [1]


def test_a_run_may_go_back_by_itself_three_times_and_has_then_diverged(broken):
    from studio.engine.again import StartAgain

    run = broken(on_trouble="roll_back")
    for _ in range(3):
        with pytest.raises(StartAgain):
            work(run)
    with pytest.raises(DivergedError, match="went back 3 times"):
        work(run)
    assert [event.to_step for event in told(run, RolledBack)] == [3, 2, 1]
    rates = [e.changes["learning_rate"] for e in told(run, PlanChanged)]
    assert rates == pytest.approx([5e-3, 2.5e-3, 1.25e-3])
    assert max(step.learning_rate for step in told(run, StepDone)[-2:]) < 2e-3
    assert 3 in checkpoint_steps(run)


def test_a_run_that_learns_nothing_ends_instead_of_going_on_for_hours(
    tmp_path, tiny_model, monkeypatch
):
    from studio.engine import loss as losses

    plain = losses.chunked_loss
    monkeypatch.setattr(losses, "chunked_loss", lambda *args: plain(*args) * 0)
    run = make_run(tmp_path, tiny_model, quantization="none", max_steps=20)
    with pytest.raises(DivergedError, match="Nothing was learned in 5 steps"):
        work(run)
    assert max(steps_of(run)) == 5
    assert [e.code for e in told(run, Remark)] == ["no_gradient", "diverged"]


def test_a_paged_optimizer_on_a_processor_is_told_once(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, optimizer="paged_adamw_8bit", max_steps=2, save_steps=1)
    assert work(run).outcome == "done"
    shutil.rmtree(run.checkpoint(2))
    assert work(run).outcome == "done"
    assert [e.code for e in told(run, Remark)] == ["paged_on_cpu"]


def test_a_prompt_gets_the_answer_in_a_batch_that_it_gets_alone(tiny_model):
    import torch
    from transformers import AutoModelForCausalLM

    from studio.engine.greedy import greedy_answers, undisturbed

    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).train()
    prompts = [[5, 6, 7], list(range(20, 60)), [9]]
    way = {"max_tokens": 12, "stop_ids": frozenset({2}), "cut": lambda: False}
    chance = torch.get_rng_state()
    with undisturbed(model):
        together = greedy_answers(model, prompts, **way)
        alone = [greedy_answers(model, [prompt], **way)[0] for prompt in prompts]
        cut = greedy_answers(model, prompts, **way | {"cut": lambda: True})
    assert together == alone
    assert [(len(answer.tokens), answer.ended) for answer in cut] == [(1, "cut")] * 3
    assert model.training
    assert torch.equal(torch.get_rng_state(), chance)


def test_the_terminal_lists_rows_that_stand_out(watched, capsys):
    from studio.cli import run_command

    run, _ = watched
    shared = ["--workspace", str(run.path.parent.parent), "--json"]
    assert run_command(["runs", "rows", run.id, *shared]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["rows_seen"] == 22
    assert {row["kind"] for row in said["rows"]} <= set(said["criteria"])

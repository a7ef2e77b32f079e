"""When memory runs out a run goes on from where it was, by a plan that trains the same."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import pytest

from studio.core.events import MemoryShort, PlanChanged, Remark, RunEnded, RunStarted
from studio.core.recipe import Recipe
from studio.core.saferplan import safer_plan
from studio.data.checkpoints import checkpoint_steps
from studio.engine import heldout, saving
from studio.engine.explain import explain, is_memory_short
from studio.engine.loadreport import log_told
from studio.machine.enginecommand import engine_environment
from tests.helpers.runfolders import events_of, make_run, steps_of
from tests.helpers.working import work

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
EXACT = {"quantization": "none", "precision": "fp32", "eval_steps": 50}


def told(run, kind):
    return [event for event in events_of(run) if isinstance(event, kind)]


def plans(recipe, device):
    """Return the plans that are tried one after another."""
    now, found = recipe, []
    while (safer := safer_plan(recipe, now, device)) is not None:
        found.append(safer.changes)
        now = now.replace(**safer.changes)
    return found


def test_the_batch_of_a_step_is_kept_until_nothing_is_left_to_halve():
    recipe = Recipe(model="m", dataset="d", micro_batch=5, grad_accum=2, checkpointing="off")
    assert plans(recipe, "cuda") == [
        {"micro_batch": 3, "grad_accum": 4},
        {"micro_batch": 2, "grad_accum": 6},
        {"micro_batch": 1, "grad_accum": 10},
        {"checkpointing": "on"},
        {"checkpointing": "offload"},
    ]
    eight = recipe.replace(micro_batch=8, grad_accum=1)
    assert plans(eight, "cpu")[:3] == [{"micro_batch": m, "grad_accum": 8 // m} for m in (4, 2, 1)]
    assert plans(recipe.replace(micro_batch=1), "cpu") == [{"checkpointing": "on"}]
    assert plans(recipe.replace(micro_batch=1, checkpointing="on"), "cpu") == []
    said = safer_plan(recipe, recipe, "cuda")
    assert said is not None
    assert said.reason == (
        "3 sequences at once in 4 micro-batches a step: every step still learns from 10."
    )


@pytest.fixture
def short(monkeypatch):
    """Let every forward of more than some rows run out of memory once so many were made."""
    from studio.engine.trainer import StudioTrainer

    state = {"rows": 99, "after": 0, "made": 0}
    plain = StudioTrainer.compute_loss

    def limited(self, model, inputs, *args, **kwargs):
        state["made"] += 1
        if len(inputs["input_ids"]) > state["rows"] and state["made"] > state["after"]:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has ...")
        return plain(self, model, inputs, *args, **kwargs)

    monkeypatch.setattr(StudioTrainer, "compute_loss", limited)
    return state


def test_a_step_that_does_not_fit_is_taken_in_smaller_pieces(tmp_path, tiny_model, short):
    settings = {"micro_batch": 5, "max_steps": 6, "save_steps": 50, "dropout": 0.0, **EXACT}
    plain = make_run(tmp_path, tiny_model, **settings)
    work(plain)
    run = make_run(tmp_path, tiny_model, **settings)
    short |= {"rows": 2, "after": 3, "made": 0}
    assert work(run).outcome == "done"
    first, second = told(run, MemoryShort)
    assert (first.step, first.where, second.step) == (3, "training", 3)
    assert first.summary.startswith("CUDA out of memory")
    assert [event.changes for event in told(run, PlanChanged)] == [
        {"micro_batch": 3, "grad_accum": 2},
        {"micro_batch": 2, "grad_accum": 3},
    ]
    assert [event.resumed_from for event in told(run, RunStarted)] == [0, 3, 3]
    for step, event in steps_of(plain).items():
        again = steps_of(run)[step]
        assert again.loss == pytest.approx(event.loss, abs=1e-5)
        assert again.trained_tokens == event.trained_tokens


def test_a_run_that_cannot_be_made_smaller_ends_with_an_offer_and_can_be_resumed(
    tmp_path, tiny_model, short
):
    run = make_run(tmp_path, tiny_model, micro_batch=2, max_steps=3, **EXACT)
    short |= {"rows": 0, "after": 2}
    ending = work(run)
    assert ending.outcome == "out_of_memory"
    assert "shorter rows" in ending.hint
    assert [event.changes for event in told(run, PlanChanged)] == [
        {"micro_batch": 1, "grad_accum": 2},
        {"checkpointing": "on"},
    ]
    assert checkpoint_steps(run)[0] == 2
    short["rows"] = 99
    assert work(run).outcome == "done"
    assert list(steps_of(run)) == [1, 2, 3]


def test_a_step_kept_after_a_shortage_goes_on_with_the_chance_it_had(tmp_path, tiny_model, short):
    import torch

    settings = {"micro_batch": 2, "grad_accum": 3, "max_steps": 4, "dropout": 0.4} | EXACT
    plain = make_run(tmp_path, tiny_model, save_steps=2, **settings)
    work(plain)
    run = make_run(tmp_path, tiny_model, save_steps=50, **settings)
    # In the second micro-batch of step 3, when dropout has drawn for the first already
    short |= {"rows": 1, "after": 7, "made": 0}
    work(run)
    assert [event.resumed_from for event in told(run, RunStarted)] == [0, 2]
    states = [
        torch.load(each.checkpoint(2) / "rng_state.pth", weights_only=False)["cpu"]
        for each in (plain, run)
    ]
    assert torch.equal(*states)


def test_evaluation_takes_fewer_rows_and_training_stays(tmp_path, tiny_model, monkeypatch):
    plain = heldout.HeldOut._sum

    def limited(self, *args):
        if self._at_once > 1:
            raise MemoryError
        return plain(self, *args)

    monkeypatch.setattr(heldout.HeldOut, "_sum", limited)
    run = make_run(tmp_path, tiny_model, micro_batch=4, max_steps=2, **EXACT)
    assert work(run).outcome == "done"
    assert [event.where for event in told(run, MemoryShort)] == ["evaluating"] * 2
    assert [event.changes for event in told(run, PlanChanged)] == [
        {"evaluation_batch": 2},
        {"evaluation_batch": 1},
    ]
    assert len(told(run, RunStarted)) == 1


def test_an_evaluation_without_memory_for_one_row_is_said_and_training_goes_on(
    tmp_path, tiny_model, monkeypatch
):
    def never(*args):
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr(heldout.HeldOut, "_sum", never)
    run = make_run(tmp_path, tiny_model, micro_batch=1, max_steps=2, **EXACT)
    assert work(run).outcome == "done"
    assert {event.code for event in told(run, Remark)} == {"not_evaluated"}


def test_a_checkpoint_is_written_again_after_a_shortage(tmp_path, tiny_model, monkeypatch):
    plain, failed = saving.commit, []

    def once(*args):
        if not failed:
            failed.append(args)
            raise MemoryError
        return plain(*args)

    monkeypatch.setattr(saving, "commit", once)
    run = make_run(tmp_path, tiny_model, max_steps=2, save_steps=1, **EXACT)
    assert work(run).outcome == "done"
    assert [event.where for event in told(run, MemoryShort)] == ["saving"]
    assert checkpoint_steps(run) == [2, 1]


@pytest.mark.parametrize(
    ("err", "short"),
    [
        (MemoryError(), True),
        (RuntimeError("CUDA error: out of memory"), True),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:114] . DefaultCPUAllocator: can't allocate memory"
            ),
            True,
        ),
        (RuntimeError("expected scalar type Float but found Half"), False),
        (OSError(28, "No space left on device"), False),
    ],
)
def test_memory_is_recognised_by_whoever_says_it(err, short):
    assert is_memory_short(err) is short


CHILD = """
import sys
from studio.engine.trainer import StudioTrainer
plain, made = StudioTrainer.compute_loss, []
def limited(self, model, inputs, *args, **kwargs):
    made.append(1)
    if len(made) > 2:
        raise MemoryError
    return plain(self, model, inputs, *args, **kwargs)
StudioTrainer.compute_loss = limited
from studio.engine.train import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.timeout(600)
def test_an_engine_begins_again_in_its_own_process_and_keeps_the_lock(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, micro_batch=4, max_steps=4, save_steps=50, **EXACT)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(run.path)],
        env=engine_environment() | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.getcwd()},
        stderr=subprocess.PIPE,
    )
    try:
        _, said = child.communicate(timeout=550)  # two engines, one after the other
    finally:
        child.kill()
    assert child.returncode == 0, said
    first, second = told(run, RunStarted)
    assert first.pid == second.pid == child.pid
    assert second.resumed_from == 2
    (ended,) = told(run, RunEnded)
    assert (ended.outcome, ended.step) == ("done", 4)
    (change,) = told(run, PlanChanged)
    assert (change.step, change.changes) == (2, {"micro_batch": 2, "grad_accum": 2})
    assert not run.lock.read_bytes()


def test_memory_that_runs_out_while_weights_are_made_small_is_told_from_other_errors():
    def load(said: str) -> None:
        with log_told():
            logging.getLogger("transformers.modeling_utils").warning("LOAD REPORT %s", said)
            raise RuntimeError("We encountered some issues during automatic conversion")

    with pytest.raises(MemoryError) as short:
        load("DefaultCPUAllocator: can't allocate memory: you tried to allocate 99 bytes.")
    assert explain(short.value).outcome == "out_of_memory"
    with pytest.raises(RuntimeError) as other:
        load("shapes do not go together")
    ending = explain(other.value)
    assert ending.outcome == "failed"
    assert "shapes do not go together" in ending.details

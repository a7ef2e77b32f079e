"""A run trains, resumes exactly, stops when asked, and never hides what went wrong."""

from __future__ import annotations

import shutil

import pytest

from studio.core.control import CONTROL, PauseAsked, SaveAsked, StopAsked
from studio.core.events import (
    EVENTS,
    CheckpointCommitted,
    Evaluated,
    Remark,
    RunEnded,
    RunStarted,
    StateChanged,
    StepDone,
)
from studio.core.problems import ModelError, RecipeError
from studio.core.runstate import RunState, State, advance
from studio.core.wire import LineReader
from studio.data.checkpoints import checkpoint_steps, file_hash, is_whole, latest_verified
from studio.data.recipefile import read_recipe
from studio.engine.control import Wishes
from studio.engine.emit import EventLog
from studio.engine.explain import DivergedError
from tests.helpers.runfolders import ROWS, events_of, make_run, steps_of

pytestmark = [
    pytest.mark.slow,
    # Libraries of the engine warn each other about names that are to go in their next versions
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]


def _work(run):
    """Work on a run in this process, as the engine does once it has the lock."""
    from studio.engine.session import Session

    with EventLog(run.events) as log:
        wishes = Wishes(run.control, 0.0)
        return Session(run, read_recipe(run.recipe), log, wishes).work()


def _copy_without(run, *, after: int):
    """Return a copy of a run as if its engine had been killed some time after a checkpoint."""
    others = len(list(run.path.parent.iterdir()))
    copy = type(run)(run.path.with_name(f"{run.id}-killed-{others}"))
    shutil.copytree(run.path, copy.path)
    shutil.rmtree(copy.adapter)
    for step in checkpoint_steps(copy):
        if step > after:
            shutil.rmtree(copy.checkpoint(step))
    return copy


@pytest.mark.parametrize(
    ("quantization", "accumulation", "dropout", "packing"),
    [  # half of all sixteen: any three of the four meet in every way
        ("nf4", 1, 0.0, False),
        ("nf4", 4, 0.3, False),
        ("nf4", 4, 0.0, True),
        ("nf4", 1, 0.3, True),
        ("none", 4, 0.0, False),
        ("none", 1, 0.3, False),
        ("none", 1, 0.0, True),
        ("none", 4, 0.3, True),
    ],
)
def test_a_resumed_run_is_the_uninterrupted_run(
    tmp_path, tiny_model, quantization, accumulation, dropout, packing
):
    whole = make_run(
        tmp_path,
        tiny_model,
        quantization=quantization,
        micro_batch=(3 if accumulation == 1 else 2) if not packing else 1,
        grad_accum=accumulation,
        packing=packing,
        dropout=dropout,
        max_steps=7,
        save_steps=4,
        eval_steps=3,
    )
    assert _work(whole).outcome == "done"
    killed = _copy_without(whole, after=4)
    assert _work(killed).outcome == "done"
    resumed = [e for e in events_of(killed) if isinstance(e, RunStarted)][-1]
    assert resumed.resumed_from == 4
    for step, event in steps_of(whole).items():
        again = steps_of(killed)[step]
        assert (again.loss, again.grad_norm, again.learning_rate) == (
            event.loss,
            event.grad_norm,
            event.learning_rate,
        )
    name = "adapter_model.safetensors"
    assert file_hash(killed.adapter / name) == file_hash(whole.adapter / name)
    tail = [e.target_loss for e in events_of(killed) if isinstance(e, Evaluated)]
    assert tail[-2:] == [e.target_loss for e in events_of(whole) if isinstance(e, Evaluated)][-2:]


@pytest.fixture(scope="module")
def finished(tmp_path_factory, tiny_model):
    """A QLoRA run that went to its end; nobody may change it."""
    run = make_run(tmp_path_factory.mktemp("finished"), tiny_model, epochs=2, micro_batch=4)
    assert _work(run).outcome == "done"
    return run


def test_the_events_of_a_run_tell_all_of_it(finished):
    told = events_of(finished)
    (start,) = [e for e in told if isinstance(e, RunStarted)]
    assert (start.total_steps, start.train_rows, start.validation_rows) == (12, 22, 4)
    assert start.quantization == "nf4"
    assert start.device.startswith("cpu")
    assert 0 < start.trainable_parameters < start.total_parameters
    steps = [e for e in told if isinstance(e, StepDone)]
    assert [e.step for e in steps] == list(range(1, 13))
    assert all(e.tokens > e.trained_tokens > 0 for e in steps)
    assert all(e.seconds > 0 and e.memory_bytes > 1 << 20 for e in steps)
    assert steps[-1].loss < steps[0].loss - 0.3
    assert [e.step for e in told if isinstance(e, Evaluated)] == [0, 2, 4, 6, 8, 10, 12]
    assert steps[-1].epoch == 2.0
    state = RunState()
    for event in told:
        state = advance(state, event)
    assert state.state is State.SAVING  # the last word is the process's, not the session's
    assert state.best_target_loss is not None


def test_the_last_checkpoint_the_best_and_the_newest_others_stay_and_are_whole(finished):
    best = min(
        (e for e in events_of(finished) if isinstance(e, Evaluated) and e.step),
        key=lambda e: e.target_loss,
    )
    kept = list(dict.fromkeys([12, best.step, 10, 8]))[:3]
    assert set(checkpoint_steps(finished)) == set(kept)
    assert all(is_whole(finished.checkpoint(step)) for step in checkpoint_steps(finished))
    committed = [e for e in events_of(finished) if isinstance(e, CheckpointCommitted)]
    assert committed[-1].path == "checkpoints/step-000012"
    assert committed[-1].size_bytes > 10_000


def test_the_result_is_an_adapter_that_peft_loads(finished, tiny_model):
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    ids = torch.arange(1, 20)[None]
    before = base(input_ids=ids).logits.detach().clone()
    adapted = PeftModel.from_pretrained(base, finished.adapter)
    assert not torch.allclose(adapted(input_ids=ids).logits, before, atol=1e-3)
    assert sorted(path.name for path in finished.adapter.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]


def test_a_damaged_checkpoint_is_told_and_the_one_before_is_taken(finished):
    killed = _copy_without(finished, after=12)
    weights = killed.checkpoint(12) / "adapter_model.safetensors"
    body = bytearray(weights.read_bytes())
    body[-1] ^= 1
    weights.write_bytes(body)
    assert latest_verified(killed)[0] == 10
    assert _work(killed).outcome == "done"
    (remark,) = [e for e in events_of(killed) if isinstance(e, Remark)]
    assert "step 12 has a damaged adapter_model.safetensors" in remark.summary
    assert file_hash(weights) == file_hash(finished.adapter / weights.name)


def test_a_run_killed_after_its_last_checkpoint_only_writes_its_result(finished):
    killed = _copy_without(finished, after=12)
    before = len(steps_of(killed))
    assert _work(killed).outcome == "done"
    assert len(steps_of(killed)) == before
    name = "adapter_model.safetensors"
    assert file_hash(killed.adapter / name) == file_hash(finished.adapter / name)


@pytest.mark.parametrize(("wish", "outcome"), [(StopAsked, "stopped"), (PauseAsked, "paused")])
def test_a_wish_to_leave_commits_a_checkpoint_after_the_step(tmp_path, tiny_model, wish, outcome):
    run = make_run(tmp_path, tiny_model, max_steps=50, save_steps=50, eval_steps=50)
    asked = False

    class AskLater(EventLog):
        def emit(self, event):
            nonlocal asked
            super().emit(event)
            if isinstance(event, StepDone) and event.step == 3 and not asked:
                asked = True
                run.control.write_bytes(CONTROL.encode(wish(time=1.0)))

    from studio.engine.session import Session

    with AskLater(run.events) as log:
        ending = Session(run, read_recipe(run.recipe), log, Wishes(run.control, 0.0)).work()
    assert ending.outcome == outcome
    assert list(steps_of(run)) == [1, 2, 3]
    assert latest_verified(run) == (3, [])
    assert run.adapter.is_dir() == (wish is StopAsked)
    states = [e.state for e in events_of(run) if isinstance(e, StateChanged)]
    assert ("stopping" if wish is StopAsked else "pausing") in states


def test_a_wish_to_save_commits_and_goes_on(tmp_path, tiny_model):
    run = make_run(tmp_path, tiny_model, max_steps=3, save_steps=50, eval_steps=50)
    run.control.write_bytes(CONTROL.encode(SaveAsked(time=1.0)))
    assert _work(run).outcome == "done"
    assert checkpoint_steps(run) == [3, 1]


def test_what_was_asked_of_an_earlier_engine_is_passed_over(tmp_path):
    path = tmp_path / "control.jsonl"
    path.write_bytes(CONTROL.encode(PauseAsked(time=100.0)))
    wishes = Wishes(path, born=200.0)
    wishes.look()
    assert wishes.leaving is None
    with path.open("ab") as file:
        file.write(CONTROL.encode(StopAsked(time=201.0)))
    wishes.look()
    assert isinstance(wishes.leaving, StopAsked)


@pytest.mark.parametrize("poison", ["loss", "gradient"])
def test_a_number_that_is_none_stops_before_the_weights_move(
    tmp_path, tiny_model, monkeypatch, poison
):
    import torch

    from studio.engine import loss as losses
    from studio.engine.branches import save_branch
    from studio.engine.trainer import StudioTrainer

    run = make_run(tmp_path, tiny_model, max_steps=6, save_steps=1, eval_steps=50)
    plain, calls, trainers = losses.chunked_loss, [], []

    def poisoned(head, hidden, *rest):
        loss = plain(head, hidden, *rest)
        calls.append(hidden.requires_grad)
        if calls.count(True) != 4:
            return loss
        if poison == "loss":
            return loss * float("nan")
        loss.register_hook(lambda grad: grad * float("inf"))
        return loss

    def remember(self, *args, **kwargs):
        trainers.append(self)
        original(self, *args, **kwargs)

    original = StudioTrainer.__init__
    monkeypatch.setattr(StudioTrainer, "__init__", remember)
    monkeypatch.setattr(losses, "chunked_loss", poisoned)
    with pytest.raises(DivergedError, match="At step 4"):
        _work(run)
    assert latest_verified(run) == (3, [])
    save_branch(trainers[0].model, tmp_path / "now")
    name = "adapter_model.safetensors"
    assert file_hash(tmp_path / "now" / name) == file_hash(run.checkpoint(3) / name)
    assert torch.isfinite(torch.tensor([e.loss for e in steps_of(run).values()])).all()


def test_recomputed_activations_train_the_same(tmp_path, tiny_model):
    settings = {"max_steps": 3, "precision": "fp32", "quantization": "none"}
    kept = make_run(tmp_path, tiny_model, checkpointing="off", **settings)
    recomputed = make_run(tmp_path, tiny_model, checkpointing="on", **settings)
    calls = {}
    for run in (kept, recomputed):
        calls[run.id] = _count_layer_calls(run)
    for step, event in steps_of(kept).items():
        assert steps_of(recomputed)[step].loss == pytest.approx(event.loss, abs=1e-5)
    assert calls[recomputed.id] == calls[kept.id] + 3 * 2  # steps times layers


def _count_layer_calls(run):
    from transformers.models.llama.modeling_llama import LlamaAttention

    calls, original = [], LlamaAttention.forward

    def counted(self, *args, **kwargs):
        calls.append(1)
        return original(self, *args, **kwargs)

    LlamaAttention.forward = counted
    try:
        assert _work(run).outcome == "done"
    finally:
        LlamaAttention.forward = original
    return len(calls)


def test_a_gradient_of_zero_is_told_once(tmp_path, tiny_model, monkeypatch):
    from studio.engine import loss as losses

    plain = losses.chunked_loss
    monkeypatch.setattr(losses, "chunked_loss", lambda *args: plain(*args) * 0)
    run = make_run(tmp_path, tiny_model, max_steps=3)
    assert _work(run).outcome == "done"
    assert [e.code for e in events_of(run) if isinstance(e, Remark)] == ["no_gradient"]


def test_a_torn_line_costs_only_itself(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(EVENTS.encode(StateChanged(state="training")) + b'{"kind":"StepD')
    with EventLog(path) as log:
        log.emit(StateChanged(state="loading", time=5.0))
    reader = LineReader(EVENTS)
    assert [e.state for e in reader.feed(path.read_bytes())] == ["training", "loading"]
    assert len(reader.bad_lines) == 1


def test_rows_without_anything_to_train_are_left_out_and_named(tmp_path, tiny_model):
    rows = [*ROWS[:6], ("train", "Why?", "", "")]
    run = make_run(tmp_path, tiny_model, rows, max_steps=1)
    _work(run)
    (remark,) = [e for e in events_of(run) if isinstance(e, Remark)]
    assert (remark.code, remark.summary[:6]) == ("rows_left_out", "1 rows")
    assert "start with 6" in remark.hint
    (start,) = [e for e in events_of(run) if isinstance(e, RunStarted)]
    assert start.train_rows == 6


def test_settings_that_cannot_be_trained_are_refused_by_name(tmp_path, tiny_model):
    with pytest.raises(RecipeError, match="method is ia3"):
        _work(make_run(tmp_path, tiny_model, method="ia3"))
    with pytest.raises(ModelError, match="no linear layer named nothing_proj"):
        _work(make_run(tmp_path, tiny_model, targets="q_proj,nothing_proj"))
    with pytest.raises(RecipeError, match="init is pissa"):
        _work(make_run(tmp_path, tiny_model, init="pissa"))


def test_the_last_word_is_one_ending(tmp_path, tiny_model, monkeypatch):
    from studio.engine import session, train

    run = make_run(tmp_path, tiny_model, max_steps=2)

    def fails(self):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to")

    monkeypatch.setattr(session.Session, "work", fails)
    monkeypatch.setattr(Wishes, "obey_signals", lambda self: None)
    monkeypatch.setattr(train.os, "nice", lambda by: 0)
    assert train.main([str(run.path)]) == 1
    *_, last = events_of(run)
    assert isinstance(last, RunEnded)
    assert last.outcome == "out_of_memory"
    assert "micro-batches" in last.hint

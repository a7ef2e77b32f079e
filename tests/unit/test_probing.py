"""Drift is counted from the base itself: exactly zero for it, above zero for what was added."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def branched(tiny_model):
    """A model with a branch that says something, and questions for it."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    from studio.core.probes import bundled_probes
    from studio.engine.proberows import (
        ask_probes,
        beginning_of,
        blocks_of,
        by_length,
        in_order,
    )
    from studio.engine.render import Renderer

    base = AutoModelForCausalLM.from_pretrained(tiny_model)
    model = get_peft_model(base, LoraConfig(r=4, target_modules="all-linear", lora_dropout=0.5))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.2)
    model.train()
    renderer = Renderer(tiny_model)
    asked = in_order(ask_probes(renderer, bundled_probes(), 256), 0)
    return model, blocks_of(by_length(asked[:40]), renderer.pad_id, beginning_of(asked))


@pytest.mark.parametrize("logits", [False, True])
def test_the_untouched_base_has_drifted_by_exactly_nothing(branched, logits):
    from studio.engine.probing import Prober

    model, blocks = branched
    prober = Prober(model, head_trains=logits)
    for block in blocks:
        prober.meet_base(block)
    again, now = prober.measure(base=True), prober.measure()
    assert again.drift.tolist() == [0.0] * 40
    assert again.loss.tolist() == prober.base.loss.tolist()
    assert (now.drift > 0).all()
    assert model.training
    assert all(w.requires_grad for n, w in model.named_parameters() if "lora_" in n)


def test_asking_draws_no_chance_and_leaves_no_gradient(branched):
    import torch

    from studio.engine.probing import Prober

    model, blocks = branched
    before = torch.get_rng_state()
    prober = Prober(model)
    prober.meet_base(blocks[0])
    prober.measure()
    assert torch.equal(torch.get_rng_state(), before)
    assert all(weight.grad is None for weight in model.parameters())


def test_loss_and_drift_are_those_of_whole_logits(branched):
    import torch

    from studio.engine.probing import Prober

    model, blocks = branched
    prober = Prober(model)
    prober.meet_base(blocks[0])
    found = prober.measure()
    one = blocks[0].asked[3]
    ids = torch.from_numpy(one.ids)[None]
    model.eval()
    with torch.no_grad():
        now = torch.log_softmax(model(input_ids=ids).logits[0, one.start - 1 : -1], -1)
        with model.disable_adapter():
            base = torch.log_softmax(model(input_ids=ids).logits[0, one.start - 1 : -1], -1)
    model.train()
    loss = -now.gather(-1, one.targets[:, None]).sum()
    drift = (now.exp() * (now - base)).sum()
    assert found.loss[3] == pytest.approx(float(loss), rel=1e-4)
    assert found.drift[3] == pytest.approx(float(drift), rel=1e-3)
    best = all(now[at, right] > now[at, wrong] for at, right, wrong in one.rivals)
    assert found.right[3] == float(best)


def test_what_all_questions_begin_with_is_read_once_and_changes_nothing(branched):
    import torch

    from studio.engine.proberows import block_of
    from studio.engine.probing import Prober

    model, blocks = branched
    begins = blocks[0].beginning
    whole = [block_of(block.asked, 0) for block in blocks]
    assert len(begins) > 3
    assert all((block.ids[:, : len(begins)] == begins).all() for block in whole)
    assert all(len(one.ids) > len(begins) for block in blocks for one in block.asked)
    read = []
    inner = model.get_base_model().base_model
    watch = inner.register_forward_pre_hook(
        lambda *told: read.append(told[2]["input_ids"].shape), with_kwargs=True
    )
    found = []
    for some in (blocks, whole):
        prober = Prober(model)
        for block in some:
            prober.meet_base(block)
        read.clear()
        found.append(prober.measure())
        assert (torch.Size([1, len(begins)]) in read) == (some is blocks)
    watch.remove()
    for name in ("loss", "drift"):
        one, other = getattr(found[0], name), getattr(found[1], name)
        assert one == pytest.approx(other, rel=1e-3, abs=1e-5)
    assert found[0].right.tolist() == pytest.approx(found[1].right.tolist(), nan_ok=True)


def test_a_later_run_takes_over_what_the_base_said_bit_for_bit(branched, tmp_path, monkeypatch):
    import torch

    from studio.engine.answerstates import AnswerStates
    from studio.engine.baseanswers import BaseAnswers
    from studio.engine.probing import Prober

    model, blocks = branched
    first = Prober(model, known=BaseAnswers(tmp_path, "a base"))
    for block in blocks:
        first.meet_base(block)
    asked = []
    real = AnswerStates.of_base
    monkeypatch.setattr(AnswerStates, "of_base", lambda *a: asked.append(a) or real(*a))
    later = Prober(model, known=BaseAnswers(tmp_path, "a base"))
    for block in blocks:
        later.meet_base(block)
    assert not asked
    assert later.base.loss.tolist() == first.base.loss.tolist()
    assert later.measure(base=True).drift.tolist() == [0.0] * 40
    asked.clear()
    (one, *_) = tmp_path.iterdir()
    one.write_bytes(b"damaged")
    others = [BaseAnswers(tmp_path, "another base"), BaseAnswers(tmp_path, "")]
    assert all(known.find(block) is None for known in others for block in blocks)
    again = Prober(model, known=BaseAnswers(tmp_path, "a base"))
    for block in blocks:
        again.meet_base(block)
    assert len(asked) == 1
    assert torch.equal(again._base[0], first._base[0])


def test_intervals_hold_the_value_and_a_change_of_all_is_sure():
    from studio.engine.guardstats import held_out_range, told
    from studio.engine.probing import Answers

    chance = np.random.default_rng(0)
    tokens = chance.integers(1, 9, 64).astype(float)
    loss = tokens * chance.uniform(1, 3, 64)
    right = np.where(np.arange(64) % 4 == 0, np.nan, np.arange(64) % 2)
    names, tags = tuple(map(str, range(64))), ("a", "b") * 32
    base = Answers(names, tags, tokens, loss, 0 * loss, right)
    worse = Answers(names, tags, tokens, loss + 0.2 * tokens, 0.1 * tokens, 0 * right)
    found = told(worse, base, 1)
    low, high = found["general_ranges"]["general_loss"]
    assert low < found["general_loss"] < high
    assert found["general_ranges"]["general_loss_change"] == pytest.approx([0.2, 0.2])
    assert found["drift"] == pytest.approx(0.1)
    assert found["general_accuracy"] == 0.0
    assert found["general_ranges"]["general_accuracy_change"][1] < 0
    assert found["general_tags"]["a"]["items"] == 32
    assert told(worse, base, 1) == found
    assert held_out_range([(3.0, 1)] * 3, 1) is None
    assert held_out_range([(3.0, 1), (1.0, 1)] * 4, 1)[0] < 2.0

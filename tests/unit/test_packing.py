"""Rows that share a sequence are learned as if each were alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from studio.core.packing import pack
from studio.core.problems import ModelError
from studio.engine.apart import check_rows_apart
from studio.engine.batches import NOT_TRAINED, PlannedBatches, collate, collate_packed
from studio.engine.rowsfile import TokenRow


def rows(lengths, seed=0):
    chance = np.random.default_rng(seed)
    return [
        TokenRow(i, chance.integers(3, 200, n), chance.random(n) < 0.6)
        for i, n in enumerate(lengths)
    ]


def test_packing_leaves_nothing_out_and_hardly_any_room():
    chance = random.Random(4)
    lengths = [chance.randint(1, 300) for _ in range(2000)]
    sequences = pack(lengths, 512)
    assert sorted(row for shared in sequences for row in shared) == list(range(2000))
    assert all(sum(lengths[row] for row in shared) <= 512 for shared in sequences)
    assert len(sequences) <= sum(lengths) / 512 * 1.01 + 1
    assert pack(lengths, 512) == sequences
    assert pack([600, 3], 512) == [[0], [1]]  # a row that is too long is alone
    assert pack([], 512) == []


def test_a_packed_batch_restarts_positions_and_trains_no_first_token():
    a, b, c = rows([3, 2, 4])
    batch = collate_packed([[a, b], [c]], pad_id=1)
    padded = [0, 0, 0]
    assert batch["position_ids"].tolist() == [[0, 1, 2, 0, 1, *padded], [0, 1, 2, 3, 0, *padded]]
    assert batch["input_ids"][0].tolist() == [*a.ids, *b.ids, 1, 1, 1]
    assert batch["input_ids"][1].tolist() == [*c.ids, 1, 1, 1, 1]
    assert batch["labels"][0, 0] == batch["labels"][0, 3] == NOT_TRAINED
    assert "position_ids" not in collate([a, b], pad_id=1)


def test_a_step_has_the_same_rows_however_few_go_through_at_once():
    made = rows([5, 9, 2, 7, 3, 8, 4, 6, 1, 5, 3])
    sizes = {"seed": 3, "micro_batch": 3, "grad_accum": 2}
    whole = PlannedBatches(made, 0, **sizes)
    for at_once, pieces, in_epoch in ((3, 2, 4), (2, 4, 7), (1, 6, 11)):
        smaller = PlannedBatches(made, 0, **sizes, at_once=at_once)
        assert (smaller.pieces, smaller.pieces_per_epoch) == (pieces, in_epoch)
        counts = []
        for step in range(4):
            flat = [
                [row.row for piece in plan.rows_of(step) for row in piece]
                for plan in (whole, smaller)
            ]
            assert flat[0] == flat[1]
            assert whole.tokens_of(step) == smaller.tokens_of(step)
            assert max(len(piece) for piece in smaller.rows_of(step)) <= at_once
            counts.append(len(smaller.rows_of(step)))
        assert counts[0] == pieces and sum(counts[:2]) == in_epoch


@pytest.fixture(scope="module", params=["sdpa", "eager", "studio_blocked"])
def model(request, tiny_model):
    from transformers import AutoModelForCausalLM

    from studio.engine.attention import register_blocked_attention
    from studio.engine.loss import train_on_supervised_tokens

    register_blocked_attention()
    made = AutoModelForCausalLM.from_pretrained(
        tiny_model, dtype=torch.float32, attn_implementation=request.param
    )
    train_on_supervised_tokens(made)
    return made.train()


def _loss_and_slope(model, batch):
    model.zero_grad()
    loss = model(**batch, num_items_in_batch=1).loss
    loss.backward()
    return loss.item(), model.model.layers[0].self_attn.q_proj.weight.grad.clone()


def test_packed_rows_cost_and_teach_what_they_do_alone(model):
    made = rows([37, 11, 150, 64, 5, 20])
    padded = _loss_and_slope(model, collate(made, pad_id=1))
    packed = _loss_and_slope(model, collate_packed([made[:3], made[3:]], pad_id=1))
    assert packed[0] == pytest.approx(padded[0], rel=1e-5)
    assert torch.allclose(packed[1], padded[1], atol=1e-4, rtol=1e-4)


def test_no_row_sees_another(model):
    first, second, other = rows([12, 9, 12])
    batches = [collate_packed([[row, second]], pad_id=1) for row in (first, other)]
    with torch.no_grad():
        states = [
            model.base_model(
                input_ids=b["input_ids"], position_ids=b["position_ids"], use_cache=False
            )[0][0, 12:]
            for b in batches
        ]
    assert torch.equal(*states)


def test_a_model_that_mixes_rows_is_refused(model):
    check_rows_apart(model)
    plain = model.base_model.forward

    def blind(*args, position_ids=None, **kwargs):
        return plain(*args, **kwargs)

    model.base_model.forward = blind
    try:
        with pytest.raises(ModelError, match="does not keep rows apart"):
            check_rows_apart(model)
    finally:
        model.base_model.forward = plain

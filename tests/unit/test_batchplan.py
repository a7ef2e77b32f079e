"""Batches are a pure function: every row once an epoch, the same on every call, little padding."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from studio.core.batchplan import plan_epoch, steps_per_epoch, total_steps

LENGTHS = st.lists(st.integers(1, 600), min_size=1, max_size=300)
SIZES = st.integers(1, 9)


@given(LENGTHS, st.integers(0, 99), st.integers(0, 3), SIZES, SIZES)
def test_every_row_is_in_one_batch_of_an_epoch(lengths, seed, epoch, micro, accum):
    plan = plan_epoch(lengths, seed=seed, epoch=epoch, micro_batch=micro, grad_accum=accum)
    rows = [row for step in plan for batch in step for row in batch]
    assert sorted(rows) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= micro for step in plan for batch in step)
    assert all(1 <= len(step) <= accum for step in plan)
    assert len(plan) == steps_per_epoch(len(lengths), micro, accum)


@given(LENGTHS, st.integers(0, 99), SIZES, SIZES)
def test_only_the_last_step_may_be_smaller(lengths, seed, micro, accum):
    plan = plan_epoch(lengths, seed=seed, epoch=0, micro_batch=micro, grad_accum=accum)
    assert all(len(batch) == micro for step in plan[:-1] for batch in step)
    assert all(len(step) == accum for step in plan[:-1])


def _padding_share(lengths, steps):
    """Return the share of computed positions that is padding."""
    batches = [[lengths[i] for i in batch] for step in steps for batch in step]
    return 1 - sum(map(sum, batches)) / sum(len(batch) * max(batch) for batch in batches)


def test_another_epoch_and_another_seed_mix_differently():
    lengths = list(range(1, 101))
    plans = [
        plan_epoch(lengths, seed=seed, epoch=epoch, micro_batch=4, grad_accum=2)
        for seed, epoch in ((1, 0), (1, 1), (2, 0), (1, 0))
    ]
    assert plans[0] == plans[3]
    assert plans[0] != plans[1] != plans[2] != plans[0]


def test_lengths_like_real_ones_leave_little_padding():
    chance = random.Random(1)
    lengths = [min(512, int(chance.lognormvariate(5, 0.7))) for _ in range(400)]
    shuffled = list(range(400))
    plain = [[shuffled[i : i + 4]] for i in range(0, 400, 4)]
    planned = plan_epoch(lengths, seed=1, epoch=0, micro_batch=4, grad_accum=1)
    assert _padding_share(lengths, plain) > 0.3
    assert _padding_share(lengths, planned) < 0.1


def test_steps_are_not_ordered_by_length():
    lengths = list(range(1, 65))
    plan = plan_epoch(lengths, seed=1, epoch=0, micro_batch=4, grad_accum=1)
    longest = [max(lengths[i] for batch in step for i in batch) for step in plan]
    assert longest != sorted(longest)
    assert longest != sorted(longest, reverse=True)


def test_total_steps_go_by_epochs_unless_a_number_is_given():
    sizes = {"micro_batch": 4, "grad_accum": 2}
    assert total_steps(17, **sizes, epochs=3, max_steps=0) == 9
    assert total_steps(17, **sizes, epochs=3, max_steps=2) == 2

"""Frozen tokens are the rendered rows, and batches are those rows with padding on the right."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.batchplan import LENGTHS
from studio.core.example import TokenState, Triple
from studio.core.problems import DataError, ModelError
from studio.engine.render import Renderer
from studio.engine.rowsfile import TokenRow, freeze_rows, read_frozen
from tests.helpers.runfolders import ROWS, make_run


@pytest.fixture(scope="module")
def renderer(tiny_model):
    return Renderer(tiny_model)


def _rows(lengths):
    return [TokenRow(i, np.arange(3, 3 + n), np.arange(n) >= n // 2) for i, n in enumerate(lengths)]


def test_what_is_frozen_is_what_was_rendered(tmp_path, tiny_model, renderer):
    run = make_run(tmp_path, tiny_model, [*ROWS, ("test", "Unseen?", "", "Yes.")])
    freeze_rows(run, renderer, 60)
    frozen = read_frozen(run.tokens)
    assert [row.row for row in frozen.train] == list(range(22))
    assert [row.row for row in frozen.validation] == [22, 23, 24, 25]
    assert frozen.template_hash == renderer.template_hash
    assert frozen.left_out == []
    for row, (_, instruction, text, output) in zip(frozen.train, ROWS, strict=False):
        rendered = renderer.row(Triple(instruction, text, output), 60)
        kept = [s for s in rendered.states if s is not TokenState.CUT]
        assert row.ids.tolist() == rendered.ids[: len(kept)]
        assert row.trained.tolist() == [s is not TokenState.MASKED for s in kept]
    assert max(len(row.ids) for row in frozen.train) == 60


def test_no_row_to_train_is_an_error_with_a_way_out(tmp_path, tiny_model, renderer):
    run = make_run(tmp_path, tiny_model, [("train", "Why?", "", ""), ROWS[-1]])
    freeze_rows(run, renderer, 512)
    with pytest.raises(DataError, match="No row of the training split"):
        read_frozen(run.tokens)


def test_a_row_that_the_template_refuses_is_named(tmp_path, tiny_model):
    picky = Renderer(
        tiny_model,
        "{% if messages[0]['content'] == 'no' %}{{ raise_exception('not that') }}{% endif %}"
        "{% for m in messages %}{{ m['content'] + eos_token }}{% endfor %}",
    )
    run = make_run(tmp_path, tiny_model, [ROWS[0], ("train", "no", "", "x")])
    with pytest.raises(
        ModelError, match="Row 1: The chat template refuses the row: line 1: not that"
    ):
        freeze_rows(run, picky, 512)
    assert sorted(path.name for path in run.tokens.parent.iterdir()) == ["rows.jsonl"]


def test_damaged_files_are_sentences(tmp_path, tiny_model, renderer):
    run = make_run(tmp_path, tiny_model, ROWS[:3])
    run.tokens.write_bytes(b"ARROW1 not quite")
    with pytest.raises(DataError, match="frozen tokens cannot be read"):
        read_frozen(run.tokens)
    run.rows.write_text(json.dumps({"row": 1}) + "\n")
    with pytest.raises(DataError, match="frozen rows cannot be read"):
        freeze_rows(run, renderer, 512)


@given(st.lists(st.integers(2, 40), min_size=1, max_size=8))
def test_padding_is_on_the_right_and_never_trained(lengths):
    from studio.engine.batches import NOT_TRAINED, collate, trained_tokens

    rows = _rows(lengths)
    batch = collate(rows, pad_id=1)
    count, length = batch["input_ids"].shape
    assert batch["labels"].shape == (count, length)
    assert count == len(rows)
    assert length % LENGTHS == 0  # few lengths, for each of which kernels are compiled and kept
    assert 0 <= length - max(lengths) < LENGTHS
    for row, ids, labels in zip(rows, batch["input_ids"], batch["labels"], strict=True):
        n = len(row.ids)
        assert ids[:n].tolist() == row.ids.tolist()
        assert set(ids[n:].tolist()) <= {1}
        assert set(labels[n:].tolist()) <= {NOT_TRAINED}
        trained = labels[:n].numpy() != NOT_TRAINED
        assert trained[1:].tolist() == row.trained[1:].tolist()
        assert not trained[0]
    assert trained_tokens(batch) == sum(int(row.trained[1:].sum()) for row in rows)


def test_any_step_of_a_run_may_be_asked_for():
    from studio.engine.batches import PlannedBatches, trained_tokens

    rows = _rows(range(2, 25))
    plan = PlannedBatches(rows, 1, seed=3, micro_batch=2, grad_accum=3)
    assert plan.steps_per_epoch == 4
    backwards = [[[row.row for row in b] for b in plan.rows_of(step)] for step in range(11, -1, -1)]
    again = PlannedBatches(rows, 1, seed=3, micro_batch=2, grad_accum=3)
    assert [[[row.row for row in b] for b in again.rows_of(s)] for s in range(12)] == (
        backwards[::-1]
    )
    for epoch in range(3):
        seen = [r.row for s in range(4) for b in plan.rows_of(4 * epoch + s) for r in b]
        assert sorted(seen) == list(range(23))
    tokens, trained = plan.tokens_of(5)
    batches = plan.of(5)
    assert trained == sum(trained_tokens(batch) for batch in batches)
    assert tokens == sum(len(row.ids) for batch in plan.rows_of(5) for row in batch)

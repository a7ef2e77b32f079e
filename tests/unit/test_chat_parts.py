"""Rows of one batch, draws, text in pieces, and a self-test that can fail."""

from __future__ import annotations

import warnings

import pytest
import torch

from studio.engine.adapterfile import read_adapter
from studio.engine.adapterload import NAME, put_on
from studio.engine.chatmodel import unexpected
from studio.engine.columns import RowSwitch, can_mix
from studio.engine.generate import Asked, Column, write_answers
from studio.engine.sampling import Sampler, draw, rarer
from studio.engine.selftest import prove_base
from studio.engine.textstream import TextStream
from studio.engine.tokenizer import load_tokenizer
from tests.helpers.adapters import make_adapter

PROMPT = [1, 5, 30, 77, 140, 9]
COLUMNS = (Column("base", "", PROMPT), Column("tuned", NAME, PROMPT))


@pytest.fixture(scope="module")
def adapter(tiny_model, tmp_path_factory):
    return make_adapter(tiny_model, tmp_path_factory.mktemp("adapters") / "tuned")


@pytest.fixture
def grown(tiny_model, adapter):
    """The tiny model in fp32 with the adapter on it, and the adapter's weights."""
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    model, weights = put_on(model, [read_adapter(adapter)])
    return model, weights[NAME]


def _answers(model, switch, columns=COLUMNS, *, stop_ids=frozenset(), temperature=1.0):
    asked = Asked(columns, 24, Sampler(temperature, 0.9, seed=3), stop_ids)
    tokens, reasons = {}, {}
    for written in write_answers(model, switch, asked, lambda: False):
        if written.token is None:
            reasons[written.column] = written.reason
        else:
            tokens.setdefault(written.column, []).append(written.token)
    return tokens, reasons


def test_rows_are_adapted_as_peft_adapts_a_whole_batch(tiny_model, adapter, grown):
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside peft
        plain = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(tiny_model), adapter)
    ids = torch.tensor([PROMPT, PROMPT])
    with torch.inference_mode():
        adapted = plain(input_ids=ids).logits
        with plain.disable_adapter():
            base = plain(input_ids=ids).logits
        model, _ = grown
        assert can_mix(model, [NAME])
        switch = RowSwitch(model, [NAME])
        switch.adapt(["", NAME])
        mixed = model(input_ids=ids).logits
        switch.adapt([NAME, NAME])
        both = model(input_ids=ids).logits
    torch.testing.assert_close(mixed[0], base[0], rtol=0, atol=1e-5)
    torch.testing.assert_close(mixed[1], adapted[1], rtol=0, atol=1e-5)
    torch.testing.assert_close(both, adapted, rtol=0, atol=1e-5)
    assert (base - adapted).abs().max() > 0.01


def test_an_answer_goes_on_alone_when_the_other_has_ended(grown):
    model, _ = grown
    switch = RowSwitch(model, [NAME])
    whole, reasons = _answers(model, switch)
    assert reasons == {"base": "length", "tuned": "length"}
    for ends_first, goes_on in (("base", "tuned"), ("tuned", "base")):
        stop = next(t for t in whole[ends_first] if t not in whole[goes_on])
        tokens, reasons = _answers(model, switch, stop_ids=frozenset({stop}))
        at = whole[ends_first].index(stop)
        assert tokens.get(ends_first, []) == whole[ends_first][:at]
        assert tokens[goes_on] == whole[goes_on]
        assert reasons == {ends_first: "end", goes_on: "length"}


def test_the_self_test_passes_and_leaves_the_adapter_as_it_was(grown):
    model, weights = grown
    before = [weight.clone() for weight in weights]
    found = prove_base(model, RowSwitch(model, [NAME]), NAME, weights, PROMPT, "fp32")
    assert found.proven, found.line
    assert weights
    assert all(torch.equal(w, b) for w, b in zip(weights, before, strict=True))


def test_the_self_test_fails_when_the_base_row_is_adapted_too(grown):
    model, weights = grown

    class Leaky(RowSwitch):
        def adapt(self, rows):
            super().adapt([NAME] * len(rows) if any(rows) else rows)

    found = prove_base(model, Leaky(model, [NAME]), NAME, weights, PROMPT, "fp32")
    assert not found.proven
    assert "moves with the adapter" in found.line


def test_the_self_test_fails_when_the_adapter_does_nothing(grown):
    model, weights = grown

    class Deaf(RowSwitch):
        def adapt(self, rows):
            super().adapt([""] * len(rows))

    found = prove_base(model, Deaf(model, [NAME]), NAME, weights, PROMPT, "fp32")
    assert not found.proven
    assert "does not change its column" in found.line


def test_a_draw_takes_each_token_as_often_as_it_is_likely():
    logits = torch.tensor([0.5, 0.25, 0.25]).log()
    drawn = [draw(logits, 1.0, 1.0, (i + 0.5) / 1000) for i in range(1000)]
    assert [drawn.count(token) for token in (0, 1, 2)] == [500, 250, 250]


def test_prompts_of_different_lengths_are_answered_as_if_alone(grown):
    model, _ = grown
    switch = RowSwitch(model, [NAME])
    columns = (Column("base", "", PROMPT), Column("tuned", NAME, [3, 8, *PROMPT, 20, 21]))
    together, _ = _answers(model, switch, columns)
    for column in columns:
        alone, _ = _answers(model, switch, [column])
        assert alone[column.name] == together[column.name]


def test_the_last_layer_reads_dense_numbers_and_is_left_as_it_was(grown):
    model, _ = grown
    head = model.get_output_embeddings()
    strides = []
    seen = head.register_forward_hook(lambda _, args, __: strides.append(args[0].stride()))
    for columns in (COLUMNS[:1], COLUMNS):
        _answers(model, RowSwitch(model, [NAME]), columns)
    seen.remove()
    width = model.config.hidden_size
    assert set(strides) == {(width, width, 1)}  # a slice would be as many tokens apart as there are
    assert not head._forward_pre_hooks


def test_several_adapters_answer_from_one_batch_as_if_alone(tiny_model, adapter, tmp_path):
    from transformers import AutoModelForCausalLM

    other = make_adapter(tiny_model, tmp_path / "other", seed=11)
    files = [read_adapter(adapter), read_adapter(other)]
    model, weights = put_on(AutoModelForCausalLM.from_pretrained(tiny_model), files)
    names = list(weights)
    assert can_mix(model, names)
    switch = RowSwitch(model, names)
    columns = [Column(name or "base", name, PROMPT) for name in ("", *names)]
    together, _ = _answers(model, switch, columns)
    assert len({tuple(ids) for ids in together.values()}) == 3
    for file, name in zip(files, names, strict=True):
        alone_model, alone_weights = put_on(
            AutoModelForCausalLM.from_pretrained(tiny_model), [file]
        )
        column = Column("alone", NAME, PROMPT)
        alone, _ = _answers(alone_model, RowSwitch(alone_model, list(alone_weights)), [column])
        assert alone["alone"] == together[name]


def test_tokens_that_were_there_are_less_likely():
    logits = torch.tensor([2.0, -2.0, 1.0])
    assert rarer(logits, {0, 1}, 2.0).tolist() == [1.0, -4.0, 1.0]


def test_a_draw_takes_only_the_first_k():
    logits = torch.tensor([0.1, 0.6, 0.3]).log()
    assert {draw(logits, 1.0, 1.0, i / 100, top_k=2) for i in range(100)} == {1, 2}


def test_a_draw_leaves_out_what_is_beyond_top_p():
    logits = torch.tensor([0.1, 0.6, 0.3]).log()
    assert {draw(logits, 1.0, 0.5, i / 100) for i in range(100)} == {1}
    assert {draw(logits, 1.0, 0.7, i / 100) for i in range(100)} == {1, 2}


@pytest.mark.parametrize("text", ["Grüße 😀😀 und 北京, é", "a" * 30, " zwei  Leerzeichen\n\n"])
def test_pieces_of_text_are_whole_characters_and_add_up(tiny_model, text):
    tokenizer = load_tokenizer(tiny_model)
    stream = TextStream(tokenizer)
    pieces = []
    for token in tokenizer(text, add_special_tokens=False)["input_ids"]:
        stream.add(token)
        pieces.append(stream.take())
    pieces.append(stream.finish())
    assert "".join(pieces) == stream.text == text
    assert not any("\ufffd" in piece for piece in pieces)


def test_bytes_that_never_become_a_character_do_not_hold_up_the_text(tiny_model):
    tokenizer = load_tokenizer(tiny_model)
    half = tokenizer("😀", add_special_tokens=False)["input_ids"][0]
    stream = TextStream(tokenizer)
    for _ in range(12):
        stream.add(half)
    assert stream.take().startswith("\ufffd")


@pytest.mark.parametrize(
    "met",
    [
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: 3145728 bytes."),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        MemoryError(),
    ],
)
def test_memory_that_ran_out_is_told_as_that_whoever_says_it(met):
    problem = unexpected(met)
    assert problem.summary == "There is not enough memory for this."
    assert "fewer columns" in problem.hint
    assert unexpected(RuntimeError("shapes do not fit")).summary.startswith("The chat failed")

"""The loss on trained tokens alone equals the plain one, and 4-bit layers keep their gradients."""

from __future__ import annotations

import math
import types

import pytest

from studio.core.problems import ModelError
from studio.core.recipe import Recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
NOT_TRAINED = -100


@pytest.fixture
def torch():
    import torch

    torch.manual_seed(0)
    return torch


def _model(tiny_model, **settings):
    from studio.engine.branches import attach_branch
    from studio.engine.load import load_base

    recipe = Recipe(model=str(tiny_model), device="cpu", rank=4, alpha=8, **settings)
    base = load_base(tiny_model, recipe)
    model = attach_branch(base.model, recipe)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:  # starts at zero, where A has no gradient
            parameter.data.normal_(0, 0.05)
    return base.model, model


def _batch(torch, rows=3, length=23):
    ids = torch.randint(3, 480, (rows, length))
    labels = ids.clone()
    labels[:, :9] = NOT_TRAINED
    labels[1, 15:] = NOT_TRAINED
    return ids, labels


def _gradients(model):
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_loss_and_gradients_are_those_of_the_plain_loss(tiny_model, torch, monkeypatch):
    from studio.engine import loss as losses

    base, model = _model(tiny_model, quantization="none", precision="fp32")
    ids, labels = _batch(torch)
    plain = model(input_ids=ids, labels=labels).loss
    plain.backward()
    expected = _gradients(model)
    model.zero_grad()
    losses.train_on_supervised_tokens(base)
    monkeypatch.setattr(losses, "HEAD_CHUNK_NUMBERS", 488 * 7)  # seven tokens a chunk
    outputs = model(input_ids=ids, labels=labels)
    outputs.loss.backward()
    assert outputs.logits is None
    assert outputs.loss.item() == pytest.approx(plain.item(), abs=1e-5)
    assert expected.keys() == _gradients(model).keys()
    for name, gradient in _gradients(model).items():
        assert torch.allclose(gradient, expected[name], atol=1e-6), name


def test_a_head_that_is_trained_gets_the_plain_gradient(tiny_model, torch, monkeypatch):
    from studio.engine import loss as losses

    base, _ = _model(tiny_model, quantization="none", precision="fp32")
    head = base.get_output_embeddings()
    head.requires_grad_(True)
    ids, labels = _batch(torch)
    base(input_ids=ids, labels=labels).loss.backward()
    expected = head.weight.grad.clone()
    base.zero_grad()
    losses.train_on_supervised_tokens(base)
    monkeypatch.setattr(losses, "HEAD_CHUNK_NUMBERS", 488 * 7)
    base(input_ids=ids, labels=labels).loss.backward()
    assert torch.allclose(head.weight.grad, expected, atol=1e-6)


def test_accumulated_micro_batches_are_one_batch(tiny_model, torch):
    from studio.engine.loss import train_on_supervised_tokens

    base, model = _model(tiny_model, quantization="none", precision="fp32")
    train_on_supervised_tokens(base)
    ids, labels = _batch(torch, rows=4)
    items = int((labels[:, 1:] != NOT_TRAINED).sum())
    model(input_ids=ids, labels=labels).loss.backward()
    expected = _gradients(model)
    model.zero_grad()
    for part in (slice(0, 1), slice(1, 4)):
        model(input_ids=ids[part], labels=labels[part], num_items_in_batch=items).loss.backward()
    for name, gradient in _gradients(model).items():
        assert torch.allclose(gradient, expected[name], atol=1e-6), name


def test_what_stands_at_masked_and_padding_places_does_not_matter(tiny_model, torch):
    from studio.engine.loss import train_on_supervised_tokens

    base, model = _model(tiny_model, quantization="none", precision="fp32")
    train_on_supervised_tokens(base)
    hidden = []
    handle = base.get_decoder().register_forward_hook(
        lambda module, args, output: (
            (
                output.last_hidden_state.retain_grad(),
                hidden.append(output.last_hidden_state),
            )[:0]
            or None
        )
    )
    ids, labels = _batch(torch)
    model(input_ids=ids, labels=labels).loss.backward()
    handle.remove()
    predicts_trained = torch.zeros_like(labels, dtype=torch.bool)
    predicts_trained[:, :-1] = labels[:, 1:] != NOT_TRAINED
    gradient = hidden[0].grad.abs().sum(-1)
    assert (gradient[~predicts_trained] == 0).all()
    assert (gradient[predicts_trained] > 0).all()
    expected = _gradients(model)
    model.zero_grad()
    ids[1, 16:] = 7  # behind the last trained token of row 1: as padding
    model(input_ids=ids, labels=labels).loss.backward()
    for name, found in _gradients(model).items():
        assert torch.allclose(found, expected[name], atol=1e-6), name


def test_the_loss_of_a_softcapped_head_is_the_models_own(torch):
    from transformers import Gemma2Config, Gemma2ForCausalLM

    from studio.engine.loss import train_on_supervised_tokens

    config = Gemma2Config(
        vocab_size=100,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        final_logit_softcapping=0.1,
    )
    model = Gemma2ForCausalLM(config)
    ids = torch.randint(3, 99, (2, 9))
    plain = model(input_ids=ids, labels=ids).loss.item()
    train_on_supervised_tokens(model)
    assert model(input_ids=ids, labels=ids).loss.item() == pytest.approx(plain, abs=1e-5)
    assert plain != pytest.approx(math.log(100), abs=1e-4)


def test_a_head_that_is_not_known_is_refused(tiny_model):
    from studio.engine.loss import train_on_supervised_tokens

    base, _ = _model(tiny_model, quantization="none", precision="fp32")
    plain = type(base).forward

    def bent(self, *args, **kwargs):
        outputs = plain(self, *args, **kwargs)
        outputs.logits = outputs.logits * 3 + 1
        return outputs

    base.forward = types.MethodType(bent, base)
    with pytest.raises(ModelError, match="not known here"):
        train_on_supervised_tokens(base)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_an_evaluation_does_not_cost_4bit_layers_their_gradients(tiny_model, torch, precision):
    from studio.engine.loss import train_on_supervised_tokens

    base, model = _model(tiny_model, quantization="nf4", precision=precision)
    train_on_supervised_tokens(base)
    ids, labels = _batch(torch)

    def gradients():
        model.zero_grad()
        model.train()
        model(input_ids=ids, labels=labels).loss.backward()
        return _gradients(model)

    before = gradients()
    model.eval()
    with torch.no_grad():
        model(input_ids=ids)
    after = gradients()
    assert sum(float(g.abs().sum()) for g in before.values()) > 0
    for name, gradient in before.items():
        assert torch.equal(after[name], gradient), name


def test_layers_that_did_not_come_out_quantised_are_an_error(tiny_model, torch):
    from studio.engine import load

    with pytest.raises(ModelError, match="none of its layers is quantised"):
        load._check_quantized(torch.nn.Linear(2, 2), "nf4")
    base, _ = _model(tiny_model, quantization="nf4")
    with pytest.raises(ModelError, match="stored in another way"):
        load._check_quantized(base, "fp4")
    with pytest.raises(ModelError, match="stored in another way"):
        load._check_quantized(base, "none")
    assert len(load.linear4bit_layers(base)) == 14

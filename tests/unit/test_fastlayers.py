"""The engine's own attention and LoRA layers compute what torch's and PEFT's do, and its gradient."""

from __future__ import annotations

import pytest

from studio.core.recipe import Recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture
def torch():
    import torch

    torch.manual_seed(0)
    return torch


@pytest.mark.parametrize("heads", [(4, 4), (6, 2)])
@pytest.mark.parametrize("length", [1, 127, 128, 300])
def test_blocked_attention_is_causal_attention(torch, heads, length):
    from studio.engine.attention import attend

    tensors = [
        torch.randn(2, n, length, 16, requires_grad=True) for n in (heads[0], heads[1], heads[1])
    ]
    module = torch.nn.Module()
    module.num_key_value_groups = heads[0] // heads[1]
    found, _ = attend(module, *tensors, None, scaling=0.3)
    weight = torch.randn_like(found)
    gradients = torch.autograd.grad((found * weight).sum(), tensors)
    query, key, value = tensors
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.3, enable_gqa=True
    ).transpose(1, 2)
    assert torch.allclose(found, expected, atol=1e-5)
    for ours, theirs in zip(
        gradients, torch.autograd.grad((expected * weight).sum(), tensors), strict=True
    ):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_attention_with_a_mask_is_left_to_torch(torch):
    from studio.engine.attention import attend

    query, key, value = (torch.randn(1, 2, 5, 8) for _ in range(3))
    mask = torch.ones(1, 1, 5, 5, dtype=torch.bool)
    mask[..., 0] = False
    found, _ = attend(torch.nn.Module(), query, key, value, mask)
    expected = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
    assert torch.allclose(found, expected.transpose(1, 2), atol=1e-6)


def _model(tiny_model, quantization, **settings):
    from studio.engine.branches import attach_branch
    from studio.engine.load import load_base

    recipe = Recipe(
        device="cpu", rank=4, alpha=8, precision="fp32", quantization=quantization, **settings
    )
    model = attach_branch(load_base(tiny_model, recipe).model, recipe)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:  # starts at zero, where A has no gradient
            parameter.data.normal_(0, 0.05)
    return model


def _outcome(torch, model):
    model.zero_grad()
    ids = torch.arange(3, 60).reshape(3, 19)
    logits = model(input_ids=ids).logits
    logits.square().mean().backward()
    gradients = {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
    return logits.detach().clone(), gradients


@pytest.mark.parametrize("quantization", ["nf4", "none"])
def test_joined_layers_are_pefts_layers(tiny_model, torch, quantization):
    from studio.engine.lowrank import join_branches

    model = _model(tiny_model, quantization, rslora=True)
    logits, gradients = _outcome(torch, model)
    assert join_branches(model) == 14
    joined, joined_gradients = _outcome(torch, model)
    assert torch.allclose(joined, logits, atol=1e-5)
    assert joined_gradients.keys() == gradients.keys()
    for name, gradient in gradients.items():
        assert torch.allclose(joined_gradients[name], gradient, atol=1e-7, rtol=1e-4), name
    with model.disable_adapter(), torch.no_grad():
        base = model(input_ids=torch.arange(3, 60).reshape(3, 19)).logits
    assert not torch.allclose(base, joined, atol=1e-3)


def test_layers_with_dropout_stay_pefts(tiny_model, torch):
    from studio.engine.lowrank import join_branches

    assert join_branches(_model(tiny_model, "none", dropout=0.1)) == 0

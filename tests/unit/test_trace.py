"""What a trace says of a step, against the tensors of a real one."""

from __future__ import annotations

import json

import pytest

from studio.core.catalogue import catalogue
from studio.core.problems import ModelError
from studio.core.recipe import Recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
LLAMA = {
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 640,
    "num_hidden_layers": 5,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
    "vocab_size": 1000,
    "pad_token_id": 0,
    "max_position_embeddings": 2048,
}


def _recipe(**settings):
    return Recipe(model="m", dataset="d", **{"rank": 8, "micro_batch": 2} | settings)


def _really(folder, recipe, length, *, recompute):
    """Return bytes at rest, after forward, and at most, of a real step on the processor."""
    import torch

    from studio.engine.branches import attach_branch
    from studio.engine.load import load_base
    from studio.engine.loss import train_on_supervised_tokens
    from studio.engine.lowrank import join_branches
    from studio.engine.storagemeter import StorageMeter

    base = load_base(folder, recipe)
    model = attach_branch(base.model, recipe)
    train_on_supervised_tokens(base.model)
    join_branches(model)
    if recompute:
        base.model.gradient_checkpointing_enable({"use_reentrant": False})
        base.model.enable_input_require_grads()
    model.train()
    ids = torch.randint(3, 300, (recipe.micro_batch, length))
    model(input_ids=ids, labels=ids).loss.backward()  # what is made once, at the first step
    model.zero_grad()
    with StorageMeter() as meter:
        for tensor in _held(model):
            tensor.view(tensor.shape)  # what was there before is seen, so that it can be taken off
        resting = meter.now
        loss = model(input_ids=ids, labels=ids).loss
        saved = meter.now
        loss.backward()
    return saved - resting, meter.peak - resting


def _held(model):
    yield from model.parameters()
    yield from model.buffers()
    for module in model.modules():
        state = getattr(getattr(module, "weight", None), "quant_state", None)
        if state is not None:
            yield from (state.absmax, state.code, state.offset)
            yield from (state.state2.absmax, state.state2.code)


@pytest.mark.parametrize("quantization", ["nf4", "none"])
@pytest.mark.parametrize("recompute", [False, True])
def test_a_trace_predicts_the_tensors_of_a_real_step(tiny_model, quantization, recompute):
    from studio.engine.trace import StepShape, trace_step

    recipe = _recipe(quantization=quantization, device="cpu", precision="fp32")
    saved, peak = _really(tiny_model, recipe, 96, recompute=recompute)
    config = json.loads((tiny_model / "config.json").read_text())
    traced = trace_step(
        config, recipe, StepShape(device="cpu", precision="fp32", length=96, recompute=recompute)
    )
    assert traced.peak - traced.resting == pytest.approx(peak, rel=0.03)
    assert traced.saved == pytest.approx(saved, rel=0.35)  # the real loss holds its own by then


def test_every_further_layer_takes_as_much_as_the_one_before(tiny_model):
    from studio.engine import trace

    step = trace.StepShape(device="cuda", precision="bf16", length=64, recompute=True)
    one, two, three = (trace._traced(LLAMA, _recipe(), step, depth) for depth in (1, 2, 3))
    assert two.deeper(one, 2) == three


def test_weights_at_rest_are_those_of_the_catalogue_to_the_byte():
    from studio.core.memory import estimate_memory
    from studio.engine.trace import StepShape, trace_step

    model = next(m for m in catalogue() if m.name == "Qwen3-8B")
    recipe = _recipe(quantization="nf4", max_tokens=32, micro_batch=1)
    shape = model.shape
    config = {
        "model_type": "qwen3",
        "hidden_size": shape.hidden,
        "intermediate_size": shape.intermediate,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads,
        "num_key_value_heads": shape.kv_heads,
        "head_dim": shape.head_dim,
        "vocab_size": shape.vocab,
        "tie_word_embeddings": shape.tied,
    }
    traced = trace_step(config, recipe, StepShape(device="cuda", precision="bf16", length=32))
    parts = estimate_memory(shape, recipe, "cuda").parts
    known = parts["weights_quantized"] + parts["weights_other"] + parts["adapter"]
    assert traced.resting == pytest.approx(known, rel=1e-4)


MIDDLE = LLAMA | {
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 12,
    "num_attention_heads": 16,
    "head_dim": 64,
    "vocab_size": 32_000,
    "sliding_window": None,
}
CASES = [
    ("llama", "on", "cuda"),
    ("llama", "off", "cuda"),
    ("llama", "on", "cpu"),
    ("llama", "off", "cpu"),
    ("qwen3", "off", "cuda"),
    ("gemma2", "off", "cuda"),
    ("gemma3_text", "off", "cuda"),
    ("phi3", "off", "cuda"),
]


@pytest.mark.parametrize(("family", "checkpointing", "device"), CASES)
def test_the_estimate_is_what_is_traced(family, checkpointing, device):
    from studio.core.memory import estimate_memory
    from studio.core.modelshape import shape_from_config
    from studio.engine.trace import StepShape, trace_step

    config = MIDDLE | {"model_type": family}
    if family.startswith("gemma"):
        config |= {"sliding_window": 512, "tie_word_embeddings": True}
    recipe = _recipe(max_tokens=1024, checkpointing=checkpointing, device=device)
    step = StepShape(
        device=device,
        precision="bf16" if device == "cuda" else "fp32",
        length=1024,
        recompute=checkpointing == "on",
    )
    parts = estimate_memory(shape_from_config(config), recipe, device).parts
    known = sum(parts[name] for name in parts if name not in ("optimizer", "buffers", "context"))
    assert known == pytest.approx(trace_step(config, recipe, step).peak, rel=0.03)


def test_recomputing_saves_and_longer_rows_cost(tiny_model):
    from studio.engine.trace import StepShape, trace_step

    common = {"device": "cuda", "precision": "bf16"}
    kept = trace_step(LLAMA, _recipe(), StepShape(length=128, **common))
    again = trace_step(LLAMA, _recipe(), StepShape(length=128, recompute=True, **common))
    longer = trace_step(LLAMA, _recipe(), StepShape(length=256, recompute=True, **common))
    assert again.saved < kept.saved / 3
    assert again.peak < kept.peak
    assert longer.peak > again.peak
    assert again.resting == kept.resting == longer.resting
    assert kept.at


@pytest.mark.parametrize(
    "method", ["dora", "ia3", "prompt", "prefix", "layernorm", "full", "last-n"]
)
def test_methods_that_are_not_trained_yet_are_traced(method):
    from studio.engine.trace import StepShape, trace_step

    recipe = _recipe(method=method, quantization="none")
    traced = trace_step(LLAMA, recipe, StepShape(device="cuda", precision="bf16", length=64))
    assert traced.peak > traced.resting > 0
    assert traced.saved > 0


def test_gemma_2_keeps_its_capped_attention(tiny_model):
    from studio.engine.attention import attention_for

    assert attention_for({"model_type": "gemma2", "attn_logit_softcapping": 50.0}, "cpu") == "eager"
    assert attention_for({"model_type": "gemma2"}, "cuda:0") == "eager"
    assert attention_for({"model_type": "gemma3_text"}, "cuda:0") == "sdpa"
    assert attention_for({"model_type": "llama"}, "cpu") == "studio_blocked"


def test_an_architecture_that_nobody_knows_is_a_sentence():
    from studio.engine.trace import StepShape, trace_step

    step = StepShape(device="cuda", precision="bf16", length=64)
    with pytest.raises(ModelError, match="'moth' cannot be traced"):
        trace_step(LLAMA | {"model_type": "moth"}, _recipe(), step)


def test_the_meter_counts_a_storage_once_and_lets_it_go():
    import torch

    from studio.engine.storagemeter import StorageMeter

    with StorageMeter() as meter:
        numbers = torch.zeros(1000)
        view = numbers[:10].view(2, 5)
        assert meter.now == 4000
        del numbers
        assert meter.now == 4000
        del view
        assert meter.now == 0
        assert meter.peak == 4000
    assert "zeros" in meter.at

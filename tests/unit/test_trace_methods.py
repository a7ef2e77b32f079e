"""The estimate of methods beyond LoRA, with the trace of their own layers as the judge."""

from __future__ import annotations

import pytest

from studio.core.memory import estimate_memory
from studio.core.modelshape import shape_from_config
from studio.core.recipe import Recipe

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]
LLAMA = {
    "model_type": "llama",
    "hidden_size": 1024,
    "intermediate_size": 2816,
    "num_hidden_layers": 12,
    "num_attention_heads": 16,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "vocab_size": 32_000,
    "pad_token_id": 0,
    "max_position_embeddings": 8192,
}
CASES = [
    (method, checkpointing)
    for method in ("dora", "ia3", "prompt", "prefix", "layernorm", "full")
    for checkpointing in ("off", "on")
    if (method, checkpointing) != ("prefix", "on")
]


@pytest.mark.parametrize(("method", "checkpointing"), CASES)
def test_the_estimate_of_every_method_is_what_is_traced(method, checkpointing):
    from studio.engine.trace import StepShape, trace_step

    recipe = Recipe(
        model="m",
        dataset="d",
        method=method,
        quantization="none",
        rank=8,
        micro_batch=1,
        max_tokens=2048,
        checkpointing=checkpointing,
    )
    recompute = checkpointing == "on"
    step = StepShape(device="cuda", precision="bf16", length=2048, recompute=recompute)
    # Gradients of whole training grow as activations go, so two layers do not tell of twelve
    traced = trace_step(LLAMA, recipe, step)
    parts = estimate_memory(shape_from_config(LLAMA), recipe, "cuda").parts
    known = sum(parts[name] for name in parts if name not in ("optimizer", "buffers", "context"))
    assert known == pytest.approx(traced.peak, rel=0.03)

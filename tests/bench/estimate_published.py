"""The formula against memory that others measured and published, on the stacks they describe.

``python -m tests.bench.estimate_published`` prints each row with what Unsloth Studio's formula says of
it, and FitCheck's where it is installed (``pip install --no-deps fitcheck-llm``). The published
stacks are older than ours: full logits, fp32 embeddings, a branch in fp32 with PEFT's own forward.
Those terms live here, so that what is judged is the common part; ours is in ``studio.core``.

Sources: unsloth.ai/docs/basics/unsloth-benchmarks, column HF + FA2 (largest context that fits a
card); LLaMA-Factory's wiki, FlashAttention-2 (rounded to a gigabyte); torchtune's README, 4090.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.memoryterms import quantized_bits
from studio.core.modelshape import ModelShape, shape_from_config
from studio.core.units import GIB, MIB

LLAMA3_8B = {
    "model_type": "llama",
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
}
LLAMA2_7B = LLAMA3_8B | {"intermediate_size": 11008, "num_key_value_heads": 32, "vocab_size": 32000}
CONTEXT = 450 * MIB


@dataclass(frozen=True)
class Stack:
    """How a published figure came about.

    Attributes:
        head: bytes of each logit at the head's peak; 0 if logits never exist at once.
        residual: bytes of a number of the saved hidden states.
        other: bytes of an embedding or head weight.
        branch: bytes of a trained weight with its gradient and its optimizer's state.
        context: bytes outside of torch, where the figure counts them.
        double_quant: whether the scales of the base are quantised.
    """

    head: float
    residual: int
    other: int
    branch: float
    context: int
    double_quant: bool


HF = Stack(head=16, residual=4, other=4, branch=10.03, context=CONTEXT, double_quant=False)
FACTORY = Stack(head=16, residual=4, other=4, branch=16, context=CONTEXT, double_quant=True)
TUNE = Stack(head=0, residual=2, other=2, branch=6.03, context=0, double_quant=True)

ROWS = [
    *(
        ("Unsloth's HF + FA2, 8B r 32", LLAMA3_8B, HF, 32, tokens, card)
        for tokens, card in (
            (932, 12),
            (2551, 16),
            (5789, 24),
            (12264, 40),
            (15502, 48),
            (28454, 80),
        )
    ),
    *(
        ("LLaMA-Factory FA2, 7B r 8", LLAMA2_7B, FACTORY, 8, tokens, size)
        for tokens, size in ((1024, 6), (2048, 7), (4096, 9), (8192, 12), (16384, 19), (32768, 32))
    ),
    ("torchtune QLoRA, 8B r 8", LLAMA3_8B, TUNE, 8, 4096, 7.4),
]


def ours(shape: ModelShape, stack: Stack, rank: int, tokens: int) -> float:
    """Return the bytes of one step of a QLoRA run on all linear layers, activations recomputed."""
    h, i, q, k = shape.hidden, shape.intermediate, shape.query, shape.keys
    base = shape.linear_weights * quantized_bits("nf4", stack.double_quant) / 8
    base += shape.other_weights * stack.other
    trained = shape.layers * rank * sum(part.rows_in + part.rows_out for part in shape.linears)
    saved = shape.layers * tokens * h * stack.residual
    layer = tokens * (12 * i + (26 if stack.residual == 4 else 18) * h + 4 * q + 4 * k)
    layer = max(layer, 2 * 2 * max(part.weights for part in shape.linears))
    head = tokens * shape.vocab * stack.head
    return base + trained * stack.branch + saved + max(layer, head) + stack.context


def unsloth_studio(shape: ModelShape, rank: int) -> float:
    """Return Unsloth Studio's estimate (studio/frontend/src/lib/vram.ts): weights and no more."""
    del rank
    return shape.parameters * 0.9 + 1.4e9


def fitcheck(config: dict[str, object], rank: int, tokens: int) -> float | None:
    """Return FitCheck's estimate, or None where it is not installed."""
    try:
        from fitcheck import ModelConfig, TrainingConfig, estimate, get_gpu
    except ImportError:
        return None
    shape = shape_from_config(config)
    model = ModelConfig(
        "model",
        shape.parameters,
        shape.hidden,
        shape.layers,
        shape.heads,
        shape.kv_heads,
        shape.intermediate,
        shape.vocab,
        shape.head_dim,
        shape.tied,
    )
    names = [part.name for part in shape.linears]
    training = TrainingConfig(
        quantization="nf4",
        double_quant=True,
        optimizer="adam8bit",
        seq_len=tokens,
        lora_rank=rank,
        lora_targets=names,
        grad_checkpoint=True,
        flash_attn=True,
    )
    try:
        return float(estimate(model, training, get_gpu("h100")).total_mib) * MIB
    except (ValueError, KeyError) as err:
        print(f"FitCheck refuses: {err}")
        return None


def main() -> None:
    print(f"{'published':30} {'tokens':>7} {'GiB':>6} {'ours':>7} {'Unsloth Studio':>15} FitCheck")
    errors: dict[str, list[float]] = {"ours": [], "Unsloth Studio": [], "FitCheck": []}
    for name, config, stack, rank, tokens, size in ROWS:
        shape, true = shape_from_config(config), size * GIB
        found = {
            "ours": ours(shape, stack, rank, tokens),
            "Unsloth Studio": unsloth_studio(shape, rank),
            "FitCheck": fitcheck(config, rank, tokens),
        }
        said = {
            who: "–" if value is None else f"{value / true - 1:+.0%}"
            for who, value in found.items()
        }
        for who, value in found.items():
            if value is not None:
                errors[who].append(abs(value / true - 1))
        print(
            f"{name:30} {tokens:7,} {size:6} {found['ours'] / true - 1:+7.1%}"
            f" {said['Unsloth Studio']:>15} {said['FitCheck']:>8}"
        )
    for who, all_errors in errors.items():
        if all_errors:
            mean, worst = sum(all_errors) / len(all_errors), max(all_errors)
            print(f"{who}: mean {mean:.1%}, worst {worst:.1%} of {len(all_errors)} rows")


if __name__ == "__main__":
    main()

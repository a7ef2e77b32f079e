"""One real QLoRA step on a tiny random model that exists only in memory."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

import torch

from studio.core.recipe import Recipe
from studio.engine.branches import attach_branch
from studio.engine.load import choose_device, choose_precision, keep_gradients_on_cpu

_DTYPES = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
_WIDTH, _LAYERS, _VOCABULARY, _TOKENS = 64, 2, 128, 32


@dataclass(frozen=True, slots=True)
class TrialStep:
    """What came of the step; fault is a sentence when something is wrong."""

    fault: str
    facts: dict[str, Any] = field(default_factory=dict)


def trial_step(*, guarded: bool = True) -> TrialStep:
    """Quantise a tiny Llama to NF4, put LoRA on it, and take one step.

    The gradient is taken twice, with an evaluation in between: on some CPUs an evaluation makes
    bitsandbytes repack the base, and the gradient that flows through it is lost without a word.

    Args:
        guarded: keep bitsandbytes from repacking, as every training does; False shows the loss.
    """
    start = time.monotonic()
    device = choose_device("auto")
    precision = choose_precision("auto", device)
    with torch.random.fork_rng():
        model = _tiny(device, _DTYPES[precision])
        if guarded:
            keep_gradients_on_cpu(model)
        branch = attach_branch(model, Recipe(rank=4, alpha=8, seed=1))
    _wake(branch)
    ids = torch.arange(2 * _TOKENS, device=device).remainder(_VOCABULARY).view(2, _TOKENS)
    first, norm = _gradient(branch, ids)
    branch.eval()
    with torch.no_grad():
        branch(input_ids=ids)
    _, after = _gradient(branch, ids)
    weights = [weight for weight in branch.parameters() if weight.requires_grad]
    torch.optim.AdamW(weights, lr=1e-2).step()
    second, _ = _gradient(branch, ids)
    facts = {
        "device": device,
        "precision": precision,
        "loss": first,
        "loss_after": second,
        "grad_norm": norm,
        "grad_norm_after_evaluation": after,
        "seconds": time.monotonic() - start,
    }
    return TrialStep(_fault(first, second, norm, after), facts)


def _fault(first: float, second: float, norm: float, after: float) -> str:
    """Return what is wrong with the numbers of a step; empty if nothing is."""
    if not (math.isfinite(first) and math.isfinite(norm)):
        return f"A 4-bit training step gives numbers that are not finite: loss {first}."
    if norm == 0:
        return "A 4-bit training step has no gradient: nothing would be learned."
    if abs(after - norm) > 0.05 * norm:
        return (
            f"An evaluation changes the gradient of 4-bit training from {norm:.3g} to {after:.3g}: "
            "what flows through the base is lost."
        )
    if not second < first:
        return f"A 4-bit training step does not lower the loss: {first:.4g}, then {second:.4g}."
    return ""


def _tiny(device: str, dtype: torch.dtype) -> Any:
    """Return a Llama of random weights, its layers' weights in NF4."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=_VOCABULARY,
        hidden_size=_WIDTH,
        intermediate_size=2 * _WIDTH,
        num_hidden_layers=_LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        use_cache=False,
    )
    torch.manual_seed(0)
    model: Any = LlamaForCausalLM(config)
    model.to(dtype).requires_grad_(False)
    _quantise(model.model.layers, dtype)
    return model.to(device)


def _quantise(layers: torch.nn.Module, dtype: torch.dtype) -> None:
    """Replace each linear layer; the move to the device quantises it."""
    import bitsandbytes

    nn: Any = bitsandbytes.nn  # untyped
    for parent in list(layers.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is torch.nn.Linear:
                new = nn.Linear4bit(
                    child.in_features, child.out_features, bias=False, compute_dtype=dtype
                )
                new.weight = nn.Params4bit(child.weight.data, requires_grad=False, quant_type="nf4")
                setattr(parent, name, new)


def _wake(branch: Any) -> None:
    """Give B small numbers: at zero, as it starts, nothing flows through A."""
    noise = torch.Generator().manual_seed(2)
    for name, weight in branch.named_parameters():
        if "lora_B" in name:
            change = torch.randn(weight.shape, generator=noise) * 0.05
            weight.data.add_(change.to(weight.device, weight.dtype))


def _gradient(branch: Any, ids: torch.Tensor) -> tuple[float, float]:
    """Return the loss (nats) and the norm of its gradient, which is left on the weights."""
    branch.train()
    branch.zero_grad()
    loss = branch(input_ids=ids, labels=ids).loss
    loss.backward()
    squares = [
        weight.grad.double().pow(2).sum()
        for weight in branch.parameters()
        if weight.grad is not None
    ]
    return float(loss.detach()), math.sqrt(float(sum(squares)))

"""What stays in memory during a run: weights, branch, gradients, optimizer, and workspaces.

Each is a size in bytes, with how it was found and its source.
"""

from __future__ import annotations

from studio.core.guardbudget import copies
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe
from studio.core.trained import WHOLE_METHODS, Tensor, trained_bytes, trained_tensors
from studio.core.units import MIB, count

Part = tuple[int, str]
"""Bytes and how they were found."""
_COMPARED = frozenset({"dpo", "kto"})
"""Objectives that compare with the base; what is added to it can be switched off for that."""
QUANT_BLOCK, QUANT_NESTED_BLOCK = 64, 256
OPTIMIZER_BYTES = {
    "adamw_8bit": 2 + 2 * 4 / 256,
    "paged_adamw_8bit": 2 + 2 * 4 / 256,
    "paged_adamw_32bit": 8.0,
    "lion_8bit": 1 + 4 / 256,
    "sgd": 0.0,
}
"""State of a trained number where its own type does not matter; 8-bit ones have blocks of 256."""
MIN_8BIT_SIZE = 4096
"""bitsandbytes keeps the state of smaller tensors in fp32."""


def quantized_bits(quantization: str, double_quant: bool) -> float:
    """Return the bits of one stored weight, its share of the scales included.

    Source: bitsandbytes 0.50 functional.py, quantize_4bit: one fp32 scale per 64 weights; doubly
    quantised one byte each, and one fp32 scale per 256 of them. QLoRA, arXiv 2305.14314, section 3.
    """
    if quantization == "int8":
        return 8.0
    if double_quant:
        return 4 + 8 / QUANT_BLOCK + 32 / (QUANT_BLOCK * QUANT_NESTED_BLOCK)
    return 4 + 32 / QUANT_BLOCK


def weights(shape: ModelShape, recipe: Recipe, number: int) -> tuple[Part, Part]:
    """Return the frozen base: what is quantised, and the rest in the computed number.

    Source: transformers quantizers/base.py get_keys_to_not_convert: embeddings, norms and the
    head stay as they are.
    """
    linear, other = shape.linear_weights, shape.other_weights
    if recipe.quantization == "none":
        models = 2 if recipe.objective in _COMPARED and recipe.method in WHOLE_METHODS else 1
        words = f"{count(linear + other)} weights × {number} B"
        words += ", and a copy that stays as it was" if models == 2 else ""
        return (0, "nothing is quantised"), (models * (linear + other) * number, words)
    bits = quantized_bits(recipe.quantization, recipe.double_quant)
    scales = 4 * shape.layers * sum(part.rows_out for part in shape.linears)
    size = round(linear * bits / 8) + (scales if recipe.quantization == "int8" else 0)
    head = "embeddings, tied to the head" if shape.tied else "embeddings and head"
    return (
        (size, f"{count(linear)} weights × {bits:.3f} bit"),
        (other * number, f"{count(other)} weights of {head} × {number} B"),
    )


def living(shape: ModelShape, recipe: Recipe, number: int) -> tuple[Part, Part, Part]:
    """Return what is added to the base, gradients and optimizer; gradients live as long as a step.

    Weights of the base that are trained where they are add nothing of their own.
    """
    tensors = trained_tensors(shape, recipe)
    each = trained_bytes(recipe, number)
    count_all = sum(tensor.numbers for tensor in tensors)
    size = count_all * each
    words = f"{count(count_all)} trained weights × {each} B"
    added = (0, "trained where they are") if recipe.method in WHOLE_METHODS else (size, words)
    state = sum(_state_bytes(recipe.optimizer, tensor, each) * tensor.times for tensor in tensors)
    mean = state / count_all
    where = ", which may move to RAM" if recipe.optimizer.startswith("paged") else ""
    return (
        added,
        (size, words),
        (state, f"{count(count_all)} trained weights × {mean:.2f} B ({recipe.optimizer}){where}"),
    )


def held_beside(states: Part, trained: int, recipe: Recipe) -> Part:
    """Return the optimizer's states with what the remedies against forgetting hold beside them.

    Args:
        states: of the optimizer.
        trained: bytes of all trained weights.
        recipe: whose remedies they are.
    """
    many = copies(recipe.guard)
    if not many:
        return states
    words = "a copy" if many == 1 else f"{many} copies"
    return states[0] + many * trained, f"{states[1]}, and {words} of them against forgetting"


def _state_bytes(optimizer: str, tensor: Tensor, number: int) -> int:
    """Return the optimizer's state of one trained tensor.

    Source: torch 2.13 optim/adamw.py: two numbers like the weight. bitsandbytes 0.50
    optim/optimizer.py: 8-bit states with a scale a block of 256; fp32 for small tensors, and for
    embeddings (transformers 5.23 trainer.py). Adafactor, arXiv 1804.04235, section 3: one number a
    row and a column of a matrix, one for each number of a vector.
    """
    size = tensor.size
    if optimizer == "adamw":
        return 2 * number * size
    if optimizer == "adafactor":
        return 4 * (tensor.rows + tensor.columns if tensor.rows > 1 else size)
    if optimizer.endswith("8bit") and (size < MIN_8BIT_SIZE or tensor.embedding):
        return size * (4 if optimizer.startswith("lion") else 8)
    return round(size * OPTIMIZER_BYTES[optimizer])


def buffers(
    shape: ModelShape, recipe: Recipe, device: str, passing: int, tokens: int, number: int
) -> Part:
    """Return libraries' workspaces and what the allocator loses to rounding.

    Source, card: cuBLASLt workspace 32 MiB from Hopper on, 4 to 8 MiB before; torch's allocator
    rounds to 2 MiB segments, 1 to 3 % of what comes and goes. Processor: see :func:`_heap`.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        device: "cuda" or "cpu".
        passing: bytes that come and go in a step.
        tokens: that pass at once.
        number: bytes of a computed number.
    """
    rounding = round(0.03 * passing)
    words = "library workspaces, and rounding of the allocator"
    if device == "cuda":
        return 40 * MIB + rounding, words
    return rounding + _heap(shape, passing, tokens, number), f"{words}, holes in the heap"


HEAP, HEAP_SHARE, HEAP_MOST = 120 * MIB, 0.22, 256 * MIB
"""On a processor: workspaces, and what the heap keeps of what comes and goes, as far as it is seen."""


def _heap(shape: ModelShape, passing: int, tokens: int, number: int) -> int:
    """Return what workspaces and glibc's heap hold beside tensors on a processor.

    Found with SmolLM2-135M in bf16, the peak of whole runs with their evaluations, MiB beside what
    this gives: NF4, 4 rows of 100 tokens 1,510 (1,397), 4 of 256 2,607 (2,325), recomputed 1,574
    (1,546), 8 of those 2,174 (2,050); 16 bits, 2 of 256 1,885 (1,792). Two steps alone leave less:
    1,189 of the first. The most that was seen beyond that is 256 MiB, which larger models keep to
    since their blocks are given back.
    """
    kept = min(round(HEAP_SHARE * passing), HEAP_MOST)
    return HEAP + kept + _holes(shape, tokens, number)


MAPPED_FROM = 32 * MIB
"""Blocks from which on glibc gives each a mapping of its own, and takes it away when it is freed."""


def _holes(shape: ModelShape, tokens: int, number: int) -> int:
    """Return what steps leave unused between blocks of glibc's heap.

    Holes grow with the tokens: measured, three quarters of what the layers put out, in fp32. Large
    blocks leave none, since they are no part of the heap (mallopt(3), M_MMAP_THRESHOLD).
    """
    outputs = (tokens * part.rows_out for part in shape.linears)
    return 3 * shape.layers * sum(size for size in outputs if size * number < MAPPED_FROM)

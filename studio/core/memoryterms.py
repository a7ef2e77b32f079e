"""The terms of the memory estimate: each a size in bytes, with how it was found and its source.

Letters: B rows of S tokens make N = B·S; H hidden, L layers, Q and K widths of queries and keys,
I width of the MLP, V vocabulary, r rank, c bytes of a computed number. Sizes are in bytes.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.modelshape import Linear, ModelShape
from studio.core.recipe import Recipe
from studio.core.units import MIB, count

Part = tuple[int, str]
"""Bytes and how they were found."""
STORED_BYTES = 2
"""Of a weight in the files of nearly all models."""
ADAPTER_BYTES = 4
"""PEFT keeps the branch in fp32 whatever the base is in (autocast_adapter_dtype)."""
QUANT_BLOCK, QUANT_NESTED_BLOCK = 64, 256
HEAD_CHUNK_NUMBERS = 1 << 24
"""Logits that the engine computes at once, whatever the vocabulary."""
OPTIMIZER_BYTES = {
    "adamw": 8.0,
    "adamw_8bit": 2 + 2 * 4 / 256,
    "paged_adamw_8bit": 2 + 2 * 4 / 256,
    "paged_adamw_32bit": 8.0,
    "lion_8bit": 1 + 4 / 256,
    "sgd": 0.0,
}
"""State of a trained number. Source: bitsandbytes 0.50 optim/optimizer.py, blocks of 256."""
MIN_8BIT_SIZE = 4096
"""bitsandbytes keeps the state of smaller tensors in fp32."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What passes through the model at once, as far as memory cares.

    Attributes:
        trained: tokens that the loss looks at.
        masked: attention needs a mask, because rows are padded or packed.
        kept: activations are kept instead of recomputed.
    """

    rows: int
    length: int
    trained: int
    number: int
    masked: bool
    kept: bool

    @property
    def tokens(self) -> int:
        """Tokens of the micro-batch, padding included."""
        return self.rows * self.length


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
        whole = (linear + other) * number
        return (0, "nothing is quantised"), (whole, f"{count(linear + other)} weights × {number} B")
    bits = quantized_bits(recipe.quantization, recipe.double_quant)
    scales = 4 * shape.layers * sum(part.rows_out for part in shape.linears)
    size = round(linear * bits / 8) + (scales if recipe.quantization == "int8" else 0)
    head = "embeddings, tied to the head" if shape.tied else "embeddings and head"
    return (
        (size, f"{count(linear)} weights × {bits:.3f} bit"),
        (other * number, f"{count(other)} weights of {head} × {number} B"),
    )


def living(
    shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...]
) -> tuple[Part, Part, Part]:
    """Return branch, gradients and optimizer; gradients live as long as a step.

    Source: LoRA, arXiv 2106.09685, section 4.1; gradients have the type of their weights.
    """
    r, layers = recipe.rank, shape.layers
    trained = layers * sum(r * (part.rows_in + part.rows_out) for part in linears)
    size = trained * ADAPTER_BYTES
    words = f"{count(trained)} trained weights × {ADAPTER_BYTES} B"
    state = layers * sum(
        _state_bytes(recipe.optimizer, r, side)
        for part in linears
        for side in (part.rows_in, part.rows_out)
    )
    each = state / trained
    return (
        (size, words),
        (size, words),
        (state, f"{count(trained)} trained weights × {each:.2f} B ({recipe.optimizer})"),
    )


def _state_bytes(optimizer: str, rank: int, side: int) -> int:
    """Return the optimizer's state of one matrix of the branch.

    Source: Adafactor, arXiv 1804.04235, section 3: one number per row and per column.
    """
    if optimizer == "adafactor":
        return 4 * (rank + side)
    size, each = rank * side, OPTIMIZER_BYTES[optimizer]
    if optimizer.endswith("8bit") and size < MIN_8BIT_SIZE:
        return size * (4 if optimizer.startswith("lion") else 8)
    return round(size * each)


def passing(
    shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...], batch: Batch
) -> tuple[Part, Part, Part]:
    """Return saved activations, the layer's working set and the head's.

    The hidden states of trained tokens and their gradient wait at the head until it is done.
    The layer and the head are never at work together: the larger one is the peak, and the smaller
    takes no memory of its own.
    """
    each = batch.tokens * _saved_per_token(shape, recipe, linears, batch) + _masks(batch)
    trunk = (shape.layers + 1) * batch.tokens * shape.hidden * batch.number
    layer = max(_working(shape, batch), _unpacked(shape, recipe, batch))
    head = _head(shape, batch)
    tokens = f"{batch.rows} × {batch.length:,} tokens"
    at_head = 2 * batch.trained * shape.hidden * batch.number
    if batch.kept:
        saved = shape.layers * each + batch.tokens * shape.hidden * batch.number
        how = f"{tokens}, everything kept in {shape.layers} layers"
    else:
        saved, layer = trunk, layer + each
        how = f"{tokens} × {shape.hidden:,} × {shape.layers + 1} layers × {batch.number} B"
    saved += at_head
    layer_words = f"one layer forth and back for {tokens}"
    if recipe.quantization != "none":
        layer_words += ", one weight matrix unpacked"
    head_words = f"loss of {batch.trained:,} tokens, {_chunk(shape, batch):,} at once"
    if head > layer:
        return (saved, how), (0, "less than the head, never at once with it"), (head, head_words)
    return (saved, how), (layer, layer_words), (0, "less than the layer, never at once with it")


def _saved_per_token(
    shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...], batch: Batch
) -> int:
    """Return the bytes that one layer keeps of a token for its backward pass.

    Source: traced on our own loop with SDPA (error under 0.1 % in bf16, 1.5 % in fp32): the MLP
    keeps 3 I, attention 2 Q + 2 K, the norms 2 H in fp32. A branch is computed in fp32: below it
    each layer keeps its own fp32 copy of its input, in fp32 the inputs are shared. A branch adds
    r numbers a layer, attention one a head.
    """
    h, q, k, i = shape.hidden, shape.query, shape.keys, shape.intermediate
    trunk = (3 * i + 2 * q + 2 * k) * batch.number + 2 * h * ADAPTER_BYTES
    if batch.number < ADAPTER_BYTES:
        inputs = sum(part.rows_in for part in linears)
    else:
        names = {part.name for part in linears}
        inputs = i * ("down_proj" in names) + h * bool(names & _ATTENTION_INPUT)
        inputs += h * bool(names & _MLP_INPUT)
    if batch.masked:
        trunk += 2 * (q - k) * batch.number
    return trunk + ADAPTER_BYTES * (inputs + len(linears) * recipe.rank + shape.heads)


_ATTENTION_INPUT = frozenset({"q_proj", "k_proj", "v_proj", "qkv_proj"})
_MLP_INPUT = frozenset({"gate_proj", "up_proj", "gate_up_proj"})


def _masks(batch: Batch) -> int:
    """Return the attention mask as one layer keeps it; SDPA makes numbers of it in each."""
    return batch.rows * batch.length**2 * batch.number if batch.masked else 0


def _working(shape: ModelShape, batch: Batch) -> int:
    """Return what the backward of one layer needs beside what it kept.

    Source: traced: 4I + 6H a token in bf16, a half more in fp32.
    """
    each = 4 * shape.intermediate + 6 * shape.hidden
    return batch.tokens * (each if batch.number < ADAPTER_BYTES else each * 3 // 2)


def _unpacked(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    """Return the room for one whole matrix in computed numbers, if the base is quantised.

    Source: bitsandbytes 0.50 autograd/_functions.py, MatMul4Bit.backward: dequantize_4bit.
    """
    if recipe.quantization == "none":
        return 0
    return batch.number * max(part.weights for part in shape.linears)


def _chunk(shape: ModelShape, batch: Batch) -> int:
    """Return the trained tokens whose logits exist at once."""
    return min(batch.trained, max(HEAD_CHUNK_NUMBERS // shape.vocab, 1))


def _head(shape: ModelShape, batch: Batch) -> int:
    """Return what head and loss need: the logits of one chunk.

    Source: traced: they live as computed, in fp32 for the softmax, as its result and as its
    gradient: 12 + c bytes each.
    """
    return _chunk(shape, batch) * shape.vocab * (12 + batch.number)


def buffers(shape: ModelShape, recipe: Recipe, device: str, passing: int, batch: Batch) -> Part:
    """Return libraries' workspaces and what the allocator loses to rounding.

    Source, card: cuBLASLt workspace 32 MiB from Hopper on, 4 to 8 MiB before; torch's allocator
    rounds to 2 MiB segments, 1 to 3 % of what comes and goes. Processor: measured on SmolLM2-135M.
    There a quantised base keeps its file mapped, and glibc's heap keeps holes that grow with the
    tokens: three quarters of what its layers put out, in fp32.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        device: "cuda" or "cpu".
        passing: bytes that come and go in a step.
        batch: what passes at once.
    """
    rounding = round(0.03 * passing)
    words = "library workspaces, and rounding of the allocator"
    if device == "cuda":
        return 40 * MIB + rounding, words
    fixed = 200 * MIB + rounding
    if recipe.quantization == "none":
        return fixed, words
    mapped = shape.linear_weights * STORED_BYTES
    outputs = shape.layers * batch.tokens * sum(part.rows_out for part in shape.linears)
    words = f"{words}, the file that stays mapped, holes in the heap"
    return fixed + mapped + 3 * outputs, words

"""What passes through a training step and is gone after it: how many bytes, and why.

Traced on our own loop (``studio.engine.trace``), where these formulas hold within a few percent.
Letters: B rows of S tokens make T = B·S, N of them trained; H hidden, L layers, Q and K widths of
queries and keys, a query heads, I width of the MLP, V vocabulary, r rank, c bytes of a number.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.memoryterms import Part
from studio.core.modelshape import Linear, ModelShape
from studio.core.recipe import Recipe

HEAD_CHUNK_NUMBERS = 1 << 24
"""Logits that the engine computes at once, whatever the vocabulary."""
QUERY_BLOCK = 128
"""Queries that the engine's attention for processors looks at at once."""
_WIDE = 4
"""Bytes of a number where precision matters: in norms and in the softmax."""
_ATTENTION_INPUT = frozenset({"q_proj", "k_proj", "v_proj", "qkv_proj"})
_MLP_INPUT = frozenset({"gate_proj", "up_proj", "gate_up_proj"})
_DOWN = "down_proj"
_OUT = "o_proj"


@dataclass(frozen=True, slots=True)
class Batch:
    """What passes through the model at once, as far as memory cares.

    Attributes:
        trained: tokens that the loss looks at.
        number: bytes of a computed number.
        kept: activations are kept instead of recomputed.
        blocked: attention goes block by block, as it does on a processor.
    """

    rows: int
    length: int
    trained: int
    number: int
    kept: bool
    blocked: bool = False

    @property
    def tokens(self) -> int:
        """Tokens of the micro-batch, padding included."""
        return self.rows * self.length


def passing(
    shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...], batch: Batch
) -> tuple[Part, Part, Part]:
    """Return saved activations, the layer's working set and the head's.

    The head and a layer's backward pass are never at work together: the larger one is the peak,
    and the smaller takes no memory of its own.
    """
    names = frozenset(linear.name for linear in linears)
    hidden, masks = batch.tokens * shape.hidden, _masks(shape, batch)
    each = batch.tokens * saved_per_token(shape, recipe, names, batch) + _scores(shape, batch)
    rope = 2 * batch.length * shape.head_dim * batch.number
    ends = hidden * (batch.number + _WIDE) + rope
    if batch.kept:
        saved = shape.layers * each - _unsaved_first(shape, names, batch) + ends
        saved += shape.windowed_layers * masks
        how = f"everything kept in {shape.layers} layers"
    else:
        saved = shape.layers * hidden * batch.number + ends
        how = f"{shape.hidden:,} × {shape.layers} layers × {batch.number} B"
    layer = _layer(shape, recipe, names, batch) + (0 if batch.kept else each + masks)
    head = _head(shape, batch)
    said = f"{batch.rows} × {batch.length:,} tokens"
    layer_words = f"one layer forth and back for {said}"
    if recipe.quantization != "none":
        layer_words += ", one weight matrix unpacked"
    head_words = f"loss of {batch.trained:,} tokens, {_chunk(shape, batch):,} at once"
    saved_part = saved, f"{said}, {how}" if batch.kept else f"{said} × {how}"
    if head > layer:
        return saved_part, (0, "less than the head, never at once with it"), (head, head_words)
    return saved_part, (layer, layer_words), (0, "less than the layer, never at once with it")


def saved_per_token(
    shape: ModelShape, recipe: Recipe, targets: frozenset[str], batch: Batch
) -> int:
    """Return the bytes that one layer keeps of a token for its backward pass.

    A norm keeps its input in fp32; attention its queries, keys, values and result; the MLP its
    gate before and after the activation, and its other half. A branch keeps its input, which
    layers with the same input share, and r numbers.
    """
    h, q, k, i = shape.hidden, shape.query, shape.keys, shape.intermediate
    norms = shape.norms * (_WIDE * h + _WIDE) + shape.qk_norms * _WIDE * (q + k)
    inputs = h * bool(targets & _ATTENTION_INPUT) + h * bool(targets & _MLP_INPUT)
    inputs += i * (_DOWN in targets) + len(targets) * recipe.rank
    attention = q + 2 * k + q * (not batch.blocked or _OUT in targets)
    other = 0 if batch.blocked else _WIDE * shape.heads
    if shape.fused:  # the values are a view that keeps the whole result; two masks of dropout
        other += batch.number * (q + k) + 2 * h
    return norms + batch.number * (inputs + attention + 3 * i) + other


def _scores(shape: ModelShape, batch: Batch) -> int:
    """Return what attention keeps of its scores, where a family needs them all at once."""
    if not shape.eager:
        return 0
    return batch.rows * shape.heads * batch.length**2 * (2 * batch.number + _WIDE)


def _masks(shape: ModelShape, batch: Batch) -> int:
    """Return what a layer with a sliding window keeps when rows are longer than the window.

    SDPA then gets a mask, of which it makes numbers, and keys and values for every head.
    """
    if shape.eager or not 0 < shape.window < batch.length:
        return 0
    repeated = 2 * batch.tokens * (shape.query - shape.keys)
    return batch.number * (batch.rows * batch.length**2 + repeated)


def _unsaved_first(shape: ModelShape, targets: frozenset[str], batch: Batch) -> int:
    """Return what the first layer does not keep: nothing before its first branch is learned."""
    least = _WIDE * shape.hidden
    if targets & _ATTENTION_INPUT or _OUT in targets:
        return batch.tokens * least
    attention = batch.number * 2 * (shape.query + shape.keys)
    return batch.tokens * (2 * least + attention)


def _layer(shape: ModelShape, recipe: Recipe, targets: frozenset[str], batch: Batch) -> int:
    """Return what the backward pass of one layer needs beside what was kept.

    Its heaviest moment is the MLP's: its gradients, and one weight matrix in computed numbers if
    the base is quantised (bitsandbytes 0.50 autograd/_functions.py, MatMul4Bit.backward). On a
    processor it may be attention's, block by block.
    """
    hidden, wide = batch.tokens * shape.hidden, batch.tokens * shape.intermediate * batch.number
    extra = 0 if _DOWN in targets else wide
    mlp = extra + max(wide + _unpacked(shape, recipe, batch), 2 * wide) - _WIDE * hidden
    if not batch.kept:
        return max(mlp, _attention(shape, targets, batch))
    last_norm = 18 * hidden if batch.number < _WIDE else 0
    return max(mlp, last_norm, _attention(shape, targets, batch))


def _attention(shape: ModelShape, targets: frozenset[str], batch: Batch) -> int:
    """Return what attention's backward pass needs, when the MLP's share is free again."""
    if not batch.blocked and not shape.eager:
        return 0
    freed = batch.tokens * batch.number * shape.intermediate * (3 + (_DOWN in targets))
    freed += batch.tokens * shape.hidden * (_WIDE + batch.number * bool(targets & _MLP_INPUT))
    scores = batch.rows * shape.heads * batch.length * batch.length
    if shape.eager:
        return scores * (3 * _WIDE - batch.number) - freed
    scores = scores * min(QUERY_BLOCK, batch.length) // batch.length
    grown = 2 * (shape.query + shape.keys) + 3 * shape.hidden
    return batch.number * (5 * scores + batch.tokens * grown) - freed


def _unpacked(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    """Return the room for one whole matrix in computed numbers, and for its scales."""
    if recipe.quantization == "none":
        return 0
    return batch.number * max(part.weights for part in shape.linears) * 33 // 32


def _chunk(shape: ModelShape, batch: Batch) -> int:
    """Return the trained tokens whose logits exist at once."""
    return min(batch.trained, max(HEAD_CHUNK_NUMBERS // shape.vocab, 1))


def _head(shape: ModelShape, batch: Batch) -> int:
    """Return what head and loss need: states and gradients of trained tokens, logits of a chunk.

    Logits live as computed, in fp32, as the softmax and as the gradient; in fp32 the first two and
    the last two are one. Beside the second chunk the first one's gradient is still there.
    """
    c, chunk = batch.number, _chunk(shape, batch)
    states = c * shape.hidden * (2 * batch.trained - batch.tokens)
    each = 2 * (c + _WIDE) if c < _WIDE else 2 * _WIDE
    second = min(batch.trained - chunk, chunk)
    return states + shape.vocab * max(chunk * each, second * each + chunk * c * bool(second))

"""What passes through a training step and is gone after it: how many bytes, and why.

Traced on our own loop (``studio.engine.trace``), where these formulas hold within a few percent.
Letters: B rows of S tokens make T = B·S, N of them trained; H hidden, L layers, Q and K widths of
queries and keys, a query heads, I width of the MLP, V vocabulary, r rank, c bytes of a number.
"""

from __future__ import annotations

from studio.core.keptstates import (
    ATTENTION_INPUT,
    DOWN,
    MLP_INPUT,
    OUT,
    WIDE,
    Batch,
    learning_inputs,
    learning_per_token,
    saved_per_token,
)
from studio.core.memoryterms import Part
from studio.core.modelshape import Linear, ModelShape
from studio.core.recipe import Recipe
from studio.core.trained import branched_layers, trained_layers

HEAD_CHUNK_NUMBERS = 1 << 24
"""Logits that the engine computes at once, whatever the vocabulary: 64 MiB of them in fp32."""
QUERY_BLOCK = 128
"""Queries that the engine's attention for processors looks at at once, and no keys behind them."""
DORA_BYTES = 32
"""Of a weight, while DoRA finds the length of its matrix; traced."""
OFFLOADED_HERE = 2
"""Layers whose kept states are on the card while the others wait in RAM: one comes, one goes."""


def passing(
    shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...], batch: Batch
) -> tuple[Part, Part, Part]:
    """Return saved activations, the layer's working set and the head's.

    The head and a layer's backward pass are never at work together: the larger one is the peak,
    and the smaller takes no memory of its own.
    """
    names = learning_inputs(recipe, linears)
    each = batch.tokens * saved_per_token(shape, recipe, names, batch) + _scores(shape, batch)
    masks = _masks(shape, batch)
    saved, how = _saved(shape, recipe, names, batch, each, masks)
    layer = _layer(shape, recipe, names, batch) + (0 if batch.kept else each + max(masks))
    head = _head(shape, recipe, batch)
    said = f"{batch.rows} × {batch.length:,} tokens"
    layer_words = f"one layer forth and back for {said}"
    if recipe.quantization != "none":
        layer_words += ", one weight matrix unpacked"
    head_words = f"loss of {batch.trained:,} tokens, {_chunk(shape, batch):,} at once"
    saved_part = saved, f"{said}, {how}" if batch.kept else f"{said} × {how}"
    if head > layer:
        return saved_part, (0, "less than the head, never at once with it"), (head, head_words)
    return saved_part, (layer, layer_words), (0, "less than the layer, never at once with it")


def last_layer(shape: ModelShape, recipe: Recipe, linears: tuple[Linear, ...], batch: Batch) -> int:
    """Return what passes when the backward pass comes to its end: one layer, with what it kept."""
    names = learning_inputs(recipe, linears)
    each = batch.tokens * saved_per_token(shape, recipe, names, batch) + _scores(shape, batch)
    kept = each + max(_masks(shape, batch)) - _unsaved_first(shape, recipe, names, batch)
    return kept + _layer(shape, recipe, names, batch)


def _saved(
    shape: ModelShape,
    recipe: Recipe,
    names: frozenset[str],
    batch: Batch,
    each: int,
    masks: tuple[int, int],
) -> tuple[int, str]:
    """Return what waits for the backward pass, with how it was found.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        names: layers whose input is kept.
        batch: what passes at once.
        each: bytes that a layer keeps if it keeps everything.
        masks: what a layer with a window keeps beside, and one without.
    """
    hidden, layers = batch.tokens * shape.hidden, trained_layers(shape, recipe)
    rope = 2 * batch.length * shape.head_dim * batch.number
    ends = hidden * (batch.number + WIDE) + rope
    windowed = min(shape.windowed_layers, layers)
    if batch.kept:
        saved = layers * each - _unsaved_first(shape, recipe, names, batch) + ends
        bare = layers - branched_layers(shape, recipe)  # nothing learns in these, but below them
        saved -= bare * batch.tokens * learning_per_token(shape, recipe, names, batch.number)
        saved += windowed * masks[0] + (layers - windowed) * masks[1]
        return saved, f"everything kept in {layers} layers"
    layers = shape.layers  # also those below what is trained: their states pass through
    again = -(-layers // batch.every)
    one = hidden * batch.number
    if batch.offloaded:
        there = min(again, OFFLOADED_HERE)
        return there * one + ends, f"{shape.hidden:,} × {there} layers here, {again} in RAM"
    saved = again * one + (layers - again) * (each + masks[1]) + ends
    how = f"{shape.hidden:,} × {again} layers × {batch.number} B"
    return saved, how if again == layers else f"{how}, all kept in the other {layers - again}"


def _width(shape: ModelShape) -> int:
    """Return the width of all MLPs that a token passes in a layer."""
    return shape.chosen * shape.expert_width if shape.experts else shape.intermediate


def _scores(shape: ModelShape, batch: Batch) -> int:
    """Return what attention keeps of its scores, where a family needs them all at once."""
    if not batch.eager:
        return 0
    return batch.rows * shape.heads * batch.length**2 * (2 * batch.number + WIDE)


def _masks(shape: ModelShape, batch: Batch) -> tuple[int, int]:
    """Return what SDPA keeps where it gets a mask: in a layer with a window, and in another one.

    It makes numbers of the mask, and keys and values for every head. A window needs one once rows
    are longer; rows that share a sequence, or have a learned prefix, need one everywhere.
    """
    if batch.eager:
        return 0, 0
    repeated = 0 if batch.prefix else 2 * batch.tokens * (shape.query - shape.keys)
    size = batch.number * (batch.tokens * (batch.length + batch.prefix) + repeated)
    everywhere = size if (batch.masked or batch.prefix) and not batch.blocked else 0
    return (size if 0 < shape.window < batch.length else everywhere), everywhere


def _unsaved_first(shape: ModelShape, recipe: Recipe, targets: frozenset[str], batch: Batch) -> int:
    """Return what the first layer does not keep: nothing before its first branch is learned."""
    if recipe.method not in ("lora", "dora", "ia3", "prefix"):
        return 0
    least = WIDE * shape.hidden
    if recipe.method != "lora" or targets & (ATTENTION_INPUT | OUT):
        return batch.tokens * least
    attention = batch.number * 2 * (shape.query + shape.keys)
    return batch.tokens * (2 * least + attention)


def _layer(shape: ModelShape, recipe: Recipe, targets: frozenset[str], batch: Batch) -> int:
    """Return what the backward pass of one layer needs beside what was kept.

    Its heaviest moment is the MLP's: its gradients, and one weight matrix in computed numbers if
    the base is quantised (bitsandbytes 0.50 autograd/_functions.py, MatMul4Bit.backward). On a
    processor it may be attention's, block by block.
    """
    hidden, wide = batch.tokens * shape.hidden, batch.tokens * _width(shape) * batch.number
    extra = 0 if targets & DOWN else wide
    if recipe.method == "ia3":  # what is scaled, in fp32, and its gradients
        extra += 3 * wide
    if recipe.method == "dora":  # the whole matrix with its branch, and its length, in fp32
        extra += DORA_BYTES * max(part.weights for part in shape.linears)
    mlp = extra + max(wide + _unpacked(shape, recipe, batch), 2 * wide) - WIDE * hidden
    if not batch.kept:
        return max(mlp, _attention(shape, targets, batch))
    last_norm = 18 * hidden if batch.number < WIDE else 0
    return max(mlp, last_norm, _attention(shape, targets, batch))


def _attention(shape: ModelShape, targets: frozenset[str], batch: Batch) -> int:
    """Return what attention's backward pass needs, when the MLP's share is free again."""
    if not batch.blocked and not batch.eager:
        return 0
    freed = batch.tokens * batch.number * shape.intermediate * (3 + bool(targets & DOWN))
    freed += batch.tokens * shape.hidden * (WIDE + batch.number * bool(targets & MLP_INPUT))
    scores = batch.rows * shape.heads * batch.length * batch.length
    if batch.eager:
        return scores * (3 * WIDE - batch.number) - freed
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


def _head(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    """Return what head and loss need: states and gradients of trained tokens, logits of a chunk.

    Logits live as computed, in fp32, as the softmax and as the gradient; in fp32 the first two and
    the last two are one. Beside the second chunk the first one's gradient is still there.
    """
    c, chunk = batch.number, _chunk(shape, batch)
    states = c * shape.hidden * (2 * batch.trained - batch.tokens)
    each = 2 * (c + WIDE) if c < WIDE else 2 * WIDE
    second = min(batch.trained - chunk, chunk)
    logits = shape.vocab * max(chunk * each, second * each + chunk * c * bool(second))
    if recipe.method != "full":
        return states + logits
    # The head's gradient of a chunk is added to that of those before, which counts as a gradient
    added = 2 * c * shape.vocab * shape.hidden * bool(second)
    return states + max(shape.vocab * chunk * 3 * WIDE, added)

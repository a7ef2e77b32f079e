"""What an evaluation holds beside what stays: one layer forward, or the head's chunk; no gradients."""

from __future__ import annotations

from studio.core.activations import HEAD_CHUNK_NUMBERS, QUERY_BLOCK
from studio.core.keptstates import WIDE, Batch
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe


def evaluating(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    """Return the bytes that come and go while held-out rows are evaluated.

    The states of all tokens are there twice, and once more in fp32 inside a norm. On top comes the
    largest of three: attention with its queries, keys and values; the MLP with its gate, the other
    half and their product, and a weight matrix unpacked; the head, whose logits are there as
    computed, in fp32 and as logarithms.

    Args:
        shape: the base model's dimensions.
        recipe: the settings.
        batch: what passes at once; evaluation takes as many rows as a micro-batch.
    """
    c, tokens = batch.number, batch.tokens
    states = tokens * shape.hidden * (2 * c + WIDE)
    return states + max(_attention(shape, batch), _mlp(shape, recipe, batch), _head(shape, batch))


def _attention(shape: ModelShape, batch: Batch) -> int:
    projected = batch.number * batch.tokens * 2 * (shape.query + shape.keys)
    if batch.eager:
        return projected + batch.rows * shape.heads * batch.length**2 * (batch.number + WIDE)
    if not batch.blocked:
        return projected
    block = min(QUERY_BLOCK, batch.length)
    return projected + 2 * batch.number * batch.rows * shape.heads * batch.length * block


def _mlp(shape: ModelShape, recipe: Recipe, batch: Batch) -> int:
    width = shape.chosen * shape.expert_width if shape.experts else shape.intermediate
    size = batch.number * batch.tokens * width * (3 if shape.gated else 2)
    if recipe.quantization != "none":
        size += batch.number * max(part.weights for part in shape.linears)
    return size


def _head(shape: ModelShape, batch: Batch) -> int:
    chunk = min(batch.trained, max(HEAD_CHUNK_NUMBERS // shape.vocab, 1))
    each = batch.number + 2 * WIDE if batch.number < WIDE else 2 * WIDE
    return batch.number * batch.trained * shape.hidden + chunk * shape.vocab * each

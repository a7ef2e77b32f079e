"""What one decoder layer keeps of a token for its backward pass, by what the method learns there.

Traced on our own loop (``studio.engine.trace``). Letters as in activations.
"""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.modelshape import Linear, ModelShape
from studio.core.recipe import Recipe

WIDE = 4
"""Bytes of a number where precision matters: in norms and in the softmax."""
ATTENTION_INPUT = frozenset({"q_proj", "k_proj", "v_proj", "qkv_proj"})
MLP_INPUT = frozenset({"gate_proj", "up_proj", "gate_up_proj", "c_fc", "fc1"})
DOWN = frozenset({"down_proj", "c_proj", "fc2"})
OUT = frozenset({"o_proj", "dense"})


@dataclass(frozen=True, slots=True)
class Batch:
    """What passes through the model at once, as far as memory cares.

    Attributes:
        trained: tokens that the loss looks at.
        number: bytes of a computed number.
        kept: activations are kept instead of recomputed.
        blocked: attention goes block by block, as it does on a processor.
        eager: attention makes all its scores at once.
        masked: attention gets a mask, because several rows share a sequence.
        every: of so many layers one is recomputed, where any is.
        offloaded: what is kept for recomputing waits in RAM.
        prefix: learned keys and values before each row.
    """

    rows: int
    length: int
    trained: int
    number: int
    kept: bool
    blocked: bool = False
    eager: bool = False
    masked: bool = False
    every: int = 1
    offloaded: bool = False
    prefix: int = 0

    @property
    def tokens(self) -> int:
        """Tokens of the micro-batch, padding included."""
        return self.rows * self.length


def learning_inputs(recipe: Recipe, linears: tuple[Linear, ...]) -> frozenset[str]:
    """Return the linear layers whose input is kept, because something beside or in them learns."""
    if recipe.method in ("lora", "dora", "full", "last-n"):
        return frozenset(linear.name for linear in linears)
    return frozenset()


def saved_per_token(
    shape: ModelShape, recipe: Recipe, targets: frozenset[str], batch: Batch
) -> int:
    """Return the bytes that one layer keeps of a token for its backward pass.

    A norm keeps its input in fp32; attention its queries, keys, values and result; the MLP its
    gate before and after the activation, and its other half. What the method adds comes on top.
    """
    h, q, k = shape.hidden, shape.query, shape.keys
    norms = shape.norms * (WIDE * h + WIDE) + shape.qk_norms * WIDE * (q + k)
    attention = q + 2 * k + q * (not batch.blocked or bool(targets & OUT))
    if batch.prefix:  # keys and values are joined with the learned ones, for every head
        attention += 2 * (q * (batch.length + batch.prefix) // batch.length - k)
    other = 0 if batch.blocked else WIDE * shape.heads
    if shape.fused:  # the values are a view that keeps the whole result; two masks of dropout
        other += batch.number * (q + k) + 2 * h
    learning = learning_per_token(shape, recipe, targets, batch.number)
    return norms + batch.number * (attention + _mlp(shape)) + other + learning


def _mlp(shape: ModelShape) -> int:
    """Return the numbers that the MLP keeps of a token.

    A plain MLP keeps what goes into its activation. Each chosen expert keeps what an MLP does, its
    copy of the token and its answer (not traced).
    """
    if shape.experts:
        return shape.chosen * (3 * shape.expert_width + 2 * shape.hidden) + 4 * shape.experts
    return shape.intermediate * (3 if shape.gated else 1)


def learning_per_token(
    shape: ModelShape, recipe: Recipe, targets: frozenset[str], number: int
) -> int:
    """Return the bytes that a method keeps of a token beside what a frozen layer keeps.

    LoRA keeps its input, which layers with the same input share, and r numbers. DoRA keeps copies
    of its inputs in fp32, and two results. Weights that learn keep their input, norms their result.
    IA³ keeps what it scales. A bottleneck keeps its input and both sides of its activation.
    """
    h, k, i = shape.hidden, shape.keys, shape.intermediate
    inputs = h * bool(targets & ATTENTION_INPUT) + h * bool(targets & MLP_INPUT)
    inputs += i * bool(targets & DOWN)
    match recipe.method:
        case "lora":
            return number * (inputs + len(targets) * recipe.rank)
        case "dora":
            linears = [linear for linear in shape.linears if linear.name in targets]
            copies = number * inputs if number == WIDE else WIDE * sum(x.rows_in for x in linears)
            results = (number + WIDE) * sum(linear.rows_out for linear in linears)
            return copies + results + WIDE * len(targets) * recipe.rank
        case "full" | "last-n":
            return number * (inputs + shape.norms * h)
        case "layernorm":
            return number * shape.norms * h
        case "ia3":
            return WIDE * i + 2 * number * k
        case "adapter":
            return 2 * WIDE * (h + 2 * recipe.bottleneck)
    return 0

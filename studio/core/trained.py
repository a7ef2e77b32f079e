"""What a method trains: every kind of tensor with its size, so that sums need no guessing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.core.blocks import block_numbers
from studio.core.modelshape import Linear, ModelShape
from studio.core.recipe import Recipe
from studio.core.targets import targeted

BRANCH_BYTES = 4
"""PEFT keeps what it adds in fp32 whatever the base is in (autocast_adapter_dtype)."""
WHOLE_METHODS = frozenset({"full", "last-n"})
"""Methods that train weights of the base where they are."""
LINEAR_METHODS = frozenset({"lora", "dora"})


@dataclass(frozen=True, slots=True)
class Tensor:
    """A kind of trained tensor.

    Attributes:
        rows, columns: of each; a vector has one row.
        times: how many there are.
        embedding: its optimizer state stays in fp32 even where others have 8 bits.
    """

    rows: int
    columns: int
    times: int
    embedding: bool = False

    @property
    def size(self) -> int:
        """Numbers in one of them."""
        return self.rows * self.columns

    @property
    def numbers(self) -> int:
        """Numbers in all of them."""
        return self.size * self.times


def trained_layers(shape: ModelShape, recipe: Recipe) -> int:
    """Return how many decoder layers have something that is trained in or below them.

    Raises:
        RecipeError: the recipe names blocks that the model does not have.
    """
    if recipe.method in LINEAR_METHODS and recipe.blocks:
        return shape.layers - block_numbers(recipe.blocks, shape.layers)[0]
    return min(recipe.last_n, shape.layers) if recipe.method == "last-n" else shape.layers


def branched_layers(shape: ModelShape, recipe: Recipe) -> int:
    """Return how many decoder layers have something that is trained in them; see above.

    Raises:
        RecipeError: the recipe names blocks that the model does not have.
    """
    if recipe.method in LINEAR_METHODS and recipe.blocks:
        return len(block_numbers(recipe.blocks, shape.layers))
    return trained_layers(shape, recipe)


def trained_tensors(shape: ModelShape, recipe: Recipe) -> tuple[Tensor, ...]:
    """Return all that a recipe trains.

    Raises:
        RecipeError: a target or a block is none of this model.
    """
    layers = shape.layers
    match recipe.method:
        case "lora" | "dora":
            dora, many = recipe.method == "dora", branched_layers(shape, recipe)
            return tuple(_branches(targeted(shape, recipe.targets), recipe.rank, many, dora))
        case "ia3":
            widths = _ia3_widths(shape)
            return tuple(Tensor(1, width, layers) for width in widths)
        case "prompt":
            return (Tensor(recipe.virtual_tokens, shape.hidden, 1),)
        case "prefix":
            return (Tensor(recipe.virtual_tokens, 2 * layers * shape.keys, 1),)
        case "adapter":
            return tuple(_bottlenecks(shape.hidden, recipe.bottleneck, layers))
        case "layernorm":
            return tuple(_norms(shape))
    tensors = list(_layer_tensors(shape, trained_layers(shape, recipe)))
    if recipe.method == "full":
        tables = 1 if shape.tied else 2
        tensors += [
            Tensor(shape.vocab, shape.hidden, 1, embedding=True),
            *[Tensor(shape.vocab, shape.hidden, 1)] * (tables - 1),
            Tensor(1, shape.hidden, 1),
        ]
    return tuple(tensors)


def trainable_parameters(shape: ModelShape, recipe: Recipe) -> int:
    """Return how many numbers a recipe trains.

    Raises:
        RecipeError: a target is no layer of this model.
    """
    return sum(tensor.numbers for tensor in trained_tensors(shape, recipe))


def trained_bytes(recipe: Recipe, number: int) -> int:
    """Return the bytes of one trained number; weights of the base are in the computed number."""
    return number if recipe.method in WHOLE_METHODS else BRANCH_BYTES


def _branches(linears: Iterable[Linear], rank: int, layers: int, dora: bool) -> Iterable[Tensor]:
    """Yield A and B of each linear, and DoRA's length of each row.

    Source: LoRA, arXiv 2106.09685, section 4.1; DoRA, arXiv 2402.09353, section 4.1.
    """
    for linear in linears:
        yield Tensor(rank, linear.rows_in, layers)
        yield Tensor(linear.rows_out, rank, layers)
        if dora:
            yield Tensor(1, linear.rows_out, layers)


def _ia3_widths(shape: ModelShape) -> tuple[int, ...]:
    """Return the widths of what IA³ scales: keys, values, and what goes into the MLP's last layer.

    Source: arXiv 2205.05638, section 3.3.
    """
    if shape.fused:
        return (shape.query + 2 * shape.keys, shape.intermediate)
    return (shape.keys, shape.keys, shape.intermediate)


def _bottlenecks(hidden: int, width: int, layers: int) -> Iterable[Tensor]:
    """Yield the two small modules of a layer, after attention and after the MLP.

    Source: arXiv 1902.00751, section 2.1: down, up, and a bias each.
    """
    yield Tensor(width, hidden, 2 * layers)
    yield Tensor(hidden, width, 2 * layers)
    yield Tensor(1, width, 2 * layers)
    yield Tensor(1, hidden, 2 * layers)


def _norms(shape: ModelShape) -> Iterable[Tensor]:
    yield Tensor(1, shape.hidden, shape.norms * shape.layers + 1)
    if shape.qk_norms:
        yield Tensor(1, shape.qk_norm_weights // 2, 2 * shape.layers)


def _layer_tensors(shape: ModelShape, layers: int) -> Iterable[Tensor]:
    for linear in shape.linears:
        yield Tensor(linear.rows_out, linear.rows_in, layers)
    if shape.experts:
        yield Tensor(shape.experts * 3 * shape.expert_width, shape.hidden, layers)
        yield Tensor(shape.experts, shape.hidden, layers)
    if shape.layer_extra:
        yield Tensor(1, shape.layer_extra, layers)

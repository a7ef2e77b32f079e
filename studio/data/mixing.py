"""Puts a mix together: how many rows and tokens each part gives, and which rows those are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.core.example import Kind
from studio.core.mix import MixFault, MixPart, rows_of_parts
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.dealing import Ints, mark_of
from studio.data.rowreader import RowReader
from studio.data.store import Dataset


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of rows as the model of a recipe sees them; both (N,), beside ids (N,) that ascend."""

    ids: Ints
    tokens: Ints
    trained: Ints


LengthsOf = Callable[[RowReader, Recipe], Lengths | None]
"""Returns what is known of the lengths of a dataset's rows; None if that is too little."""


@dataclass(frozen=True, slots=True)
class PartRows:
    """What one part gives to a mix.

    Attributes:
        part: as the recipe has it.
        path: of its dataset.
        kind: of its rows.
        there: rows of the dataset in the part's split.
        rows: rows of the mix that come from it, repeats counted.
        tokens: of those rows, cut at the limit; None if they are not known.
        trained: of those tokens, the ones that are learned; None if they are not known.
        longest: tokens of the longest of those rows; None if they are not known.
    """

    part: MixPart
    path: Path
    kind: Kind
    there: int
    rows: int
    tokens: int | None = None
    trained: int | None = None
    longest: int | None = None

    @property
    def repeats(self) -> str:
        """How often rows come again, as a sentence; empty if none does."""
        if self.rows <= self.there:
            return ""
        if self.rows % self.there == 0:
            return f"Each of its {self.there:,} rows comes {self.rows // self.there:,} times."
        low = self.rows // self.there
        return f"Each of its {self.there:,} rows comes {low:,} or {low + 1:,} times."


def parts_of(recipe: Recipe) -> tuple[MixPart, ...]:
    """Return the parts that the training rows of a recipe come from; one if there is no mix."""
    return recipe.mix or (MixPart(recipe.dataset, weight=1.0),)


def count_mix(
    workspace: Workspace, recipe: Recipe, lengths_of: LengthsOf | None = None
) -> list[PartRows]:
    """Return what each part gives, in the order of the recipe.

    Args:
        workspace: where the datasets are.
        recipe: whose mix is counted, with its seed and its limit.
        lengths_of: knows the tokens of rows; without it tokens are not known.

    Raises:
        DataError: a dataset is missing or cannot be read.
        RecipeError: a part would have too many rows.
    """
    parts = parts_of(recipe)
    datasets: list[Dataset] = []
    try:
        for part in parts:
            path = resolve_dataset(workspace, part.dataset)
            datasets.append(Dataset.open(path, read_only=True))
        there = [
            data.split_counts()[part.split] for part, data in zip(parts, datasets, strict=True)
        ]
        rows = mix_rows(recipe, there)
        return [
            _counted(recipe, part, data, there[at], rows[at], lengths_of)
            for at, (part, data) in enumerate(zip(parts, datasets, strict=True))
        ]
    finally:
        for data in datasets:
            data.close()


def mix_rows(recipe: Recipe, there: Sequence[int]) -> list[int]:
    """Return the rows of each part of a recipe.

    Raises:
        RecipeError: a part would have too many rows.
    """
    try:
        return rows_of_parts(parts_of(recipe), there, recipe.dataset)
    except MixFault as fault:
        raise RecipeError({"mix": str(fault)}) from fault


def draw(ids: Ints, wanted: int, seed: int, name: str) -> Ints:
    """Return which rows a mix takes of a dataset, (wanted,), in the dataset's order.

    The choice goes by a hash of seed, dataset and row. If more rows are wanted than there are,
    each comes as often as the others, and some once more.

    Args:
        ids: of the rows there are, in order.
        wanted: rows to take.
        seed: of the run.
        name: of the dataset.
    """
    whole, rest = divmod(wanted, len(ids)) if len(ids) else (0, 0)
    times = np.full(len(ids), whole)
    if rest:
        marks = np.fromiter((mark_of(seed, f"{name}:{row}") for row in ids.tolist()), np.uint64)
        times[np.argsort(marks, kind="stable")[:rest]] += 1
    return np.repeat(ids, times)


def _counted(
    recipe: Recipe,
    part: MixPart,
    data: Dataset,
    there: int,
    rows: int,
    lengths_of: LengthsOf | None,
) -> PartRows:
    if not rows:
        return PartRows(part, data.path, data.kind, there, 0, 0, 0, 0)
    known = lengths_of(data, recipe) if lengths_of is not None else None
    tokens = trained = longest = None
    if known is not None:
        drawn = draw(data.find(split=part.split), rows, recipe.seed, part.dataset)
        at = np.minimum(np.searchsorted(known.ids, drawn), len(known.ids) - 1)
        if len(known.ids) and np.array_equal(known.ids[at], drawn):
            tokens, trained = int(known.tokens[at].sum()), int(known.trained[at].sum())
            longest = int(known.tokens[at].max())
    return PartRows(part, data.path, data.kind, there, rows, tokens, trained, longest)

"""Changes of a recipe that make it fit into memory, those that cost least first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from studio.core.capabilities import CAPABILITIES
from studio.core.knobtitles import CHOICES
from studio.core.memory import Estimate, estimate_memory, keeps_activations, verdict
from studio.core.methodchoices import QLORA
from studio.core.modelshape import ModelShape
from studio.core.recipe import Recipe
from studio.core.timecost import longer
from studio.core.trained import LINEAR_METHODS, WHOLE_METHODS

MOST = 4
SHORTEST = 128
"""Tokens below which rows are not offered to be cut."""
LOWEST_RANK = 8
EIGHT_BITS = "Coarser optimizer; no loss is known"
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class RowsKnown:
    """What is known of the rows' lengths.

    Attributes:
        count: how many rows there are.
        cut: how many are longer than a limit in tokens.
        mean: their mean length in tokens where longer ones are cut.
    """

    count: int
    cut: Callable[[int], int]
    mean: Callable[[int], float]


@dataclass(frozen=True, slots=True)
class WayOut:
    """One step, or several together, towards a run that fits.

    Attributes:
        title: what it is, in a few words.
        detail: what changes: "Micro-batch 4 → 1, accumulation 4 → 16".
        cost: what is given up, as a sentence without its full stop.
        loses: something is given up that the result may show.
        estimate: the prediction with the change.
        fits: with the change the run fits, if perhaps tightly.
        longer: how much more time it takes, as a share; negative is less.
    """

    title: str
    detail: str
    cost: str
    loses: bool
    changes: Mapping[str, Any]
    estimate: Estimate
    fits: bool
    longer: float


@dataclass(frozen=True, slots=True)
class _Kind:
    """One thing to give up: what it is, its values from the mildest on, and what that costs."""

    title: str
    values: tuple[Changes, ...]
    cost: str
    loses: bool = False


def ways_out(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    free_bytes: int,
    *,
    rows: RowsKnown | None = None,
    **known: Any,
) -> list[WayOut]:
    """Return changes that make a recipe fit, at most MOST; those that cost least come first.

    Where nothing makes it fit, the smallest way that is known is the only one, and does not fit.
    A recipe that fits tightly is offered only what takes the tightness away.

    Args:
        shape: the base model's dimensions.
        recipe: the settings that do not fit.
        device: "cuda" or "cpu".
        free_bytes: what the run may take.
        rows: the rows' lengths, if they were measured.
        known: what else :func:`estimate_memory` is told, such as ``longest_tokens``.

    Raises:
        RecipeError: the recipe names what cannot be trained.
    """
    now = verdict(estimate_memory(shape, recipe, device, **known), free_bytes)
    if now == "fits":
        return []
    enough = ("fits",) if now == "tight" else ("fits", "tight")
    search = _Search(shape, recipe, device, free_bytes, rows, known, enough)
    kinds = tuple(_kinds(recipe, device, rows))
    found = [way for kind in kinds if (way := search.best(kind, _relieved(kind, kinds)))]
    if not found:
        whole = _Kind("Everything together", (), "", loses=any(kind.loses for kind in kinds))
        found = [search.last(whole, tuple(_piled(kinds)))] if kinds else []
        found = [way for way in found if now == "no" or way.estimate.high_bytes <= free_bytes]
    ranked = sorted(found, key=lambda way: (way.loses, round(way.longer, 2)))
    return [way for at, way in enumerate(ranked) if not _needless(way, at, ranked)][:MOST]


def _needless(way: WayOut, at: int, ways: list[WayOut]) -> bool:
    """Whether another way gives up only a part of this one, or one before it the very same."""
    mine = way.changes.items()
    same = any(other.changes == way.changes for other in ways[:at])
    return same or any(other.changes.items() < mine for other in ways)


@dataclass(frozen=True, slots=True)
class _Search:
    """Judges changes of one recipe."""

    shape: ModelShape
    recipe: Recipe
    device: str
    free_bytes: int
    rows: RowsKnown | None
    known: Mapping[str, Any]
    enough: tuple[str, ...]
    _judged: dict[tuple[tuple[str, Any], ...], Estimate] = field(default_factory=dict)

    def best(self, kind: _Kind, choices: Iterator[Changes]) -> WayOut | None:
        """Return the first choice that fits, else the first that fits tightly, else None."""
        tight: Changes | None = None
        for changes in choices:
            word = verdict(self._estimate(changes), self.free_bytes)
            if word == "fits":
                return self._way(kind, changes, fits=True)
            if word in self.enough and tight is None:
                tight = changes
        return self._way(kind, tight, fits=True) if tight is not None else None

    def last(self, kind: _Kind, choices: tuple[Changes, ...]) -> WayOut:
        """Return the first choice that fits, or the smallest, which then does not."""
        found = self.best(kind, iter(choices))
        if found is not None:
            return found
        smallest = min(choices, key=lambda changes: self._estimate(changes).total_bytes)
        return self._way(kind, smallest, fits=False)

    def _estimate(self, changes: Changes) -> Estimate:
        key = tuple(sorted(changes.items()))
        if key not in self._judged:
            changed = self.recipe.replace(**changes)
            made = estimate_memory(self.shape, changed, self.device, **self.known)
            self._judged[key] = made
        return self._judged[key]

    def _way(self, kind: _Kind, changes: Changes, *, fits: bool) -> WayOut:
        recipe = self.recipe
        changes = {name: v for name, v in changes.items() if getattr(recipe, name) != v}
        other = recipe.replace(**changes)
        return WayOut(
            title=kind.title,
            detail=describe_changes(recipe, changes),
            cost=self._cost(kind, changes),
            loses=kind.loses,
            changes=changes,
            estimate=self._estimate(changes),
            fits=fits,
            longer=longer(recipe, other, self.device, (self._mean(recipe), self._mean(other))),
        )

    def _mean(self, recipe: Recipe) -> float:
        return self.rows.mean(recipe.max_tokens) if self.rows else float(recipe.max_tokens)

    def _cost(self, kind: _Kind, changes: Changes) -> str:
        """Say what is given up; a plan that loses nothing may still change the optimizer."""
        return (
            EIGHT_BITS
            if "optimizer" in changes and not kind.loses
            else kind.cost or self._costs(changes)
        )

    def _costs(self, changes: Changes) -> str:
        """Say what is given up by shorter rows, and by other things beside them."""
        said = [words for name, words in _LOSSES.items() if name in changes]
        if "max_tokens" in changes:
            limit = changes["max_tokens"]
            if self.rows is None:
                said.append(f"cuts rows past {limit:,} tokens (not counted yet)")
            else:
                said.append(f"{self.rows.cut(limit):,} of {self.rows.count:,} rows are cut")
        text = "; ".join(said) or "nothing is lost"
        return text[:1].upper() + text[1:]


_LOSSES = {
    "method": "learns less than whole weights",
    "last_n": "fewer layers learn",
    "quantization": "a little less exact",
    "rank": "less room in the branch",
}


def _kinds(recipe: Recipe, device: str, rows: RowsKnown | None) -> Iterator[_Kind]:
    """Yield what can be given up, that which costs least first."""
    smaller = tuple(_smaller(recipe))
    if smaller:
        yield _Kind("Smaller steps, same learning", smaller, "Nothing is lost")
    if CAPABILITIES[recipe.method].checkpointing and keeps_activations(recipe, device):
        yield _Kind("Recompute activations", ({"checkpointing": "on"},), "Nothing is lost")
    if recipe.optimizer == "adamw" and device == "cuda":
        eight: Changes = {"optimizer": "adamw_8bit"}
        yield _Kind("Optimizer in 8 bits", (eight,), EIGHT_BITS)
    if recipe.method == "last-n" and recipe.last_n > 1:
        fewer = tuple(_halves("last_n", recipe.last_n, 1))
        yield _Kind("Fewer layers", fewer, "Learns less", loses=True)
    if recipe.method in WHOLE_METHODS:
        branch = QLORA.changes(recipe) | {"targets": "all-linear"}  # names may be another model's
        yield _Kind("A branch instead", (branch,), "Learns less than whole weights", loses=True)
    elif recipe.quantization in ("none", "int8"):
        four: Changes = {"quantization": "nf4", "double_quant": True}
        yield _Kind("Base in 4 bits", (four,), "A little less exact", loses=True)
    ranks = tuple(_halves("rank", recipe.rank, LOWEST_RANK))
    if recipe.method in LINEAR_METHODS and ranks:
        yield _Kind("Smaller branch", ranks, "Less room in the branch", loses=True)
    lengths = tuple(_halves("max_tokens", recipe.max_tokens, SHORTEST))
    if rows is not None and not recipe.packing:  # a length that no row reaches saves nothing
        lengths = tuple(one for one in lengths if rows.cut(one["max_tokens"]))
    if lengths:
        yield _Kind("Shorter rows", lengths, "", loses=True)


def _smaller(recipe: Recipe) -> Iterator[Changes]:
    """Yield fewer rows at once, with as many rows a step as before."""
    for rows in range(recipe.micro_batch - 1, 0, -1):
        if recipe.effective_batch % rows == 0:
            yield {"micro_batch": rows, "grad_accum": recipe.effective_batch // rows}


def _halves(name: str, value: int, least: int) -> Iterator[Changes]:
    while (value := value // 2) >= least:
        yield {name: value}


def _relieved(kind: _Kind, kinds: tuple[_Kind, ...]) -> Iterator[Changes]:
    """Yield the values of a kind: each alone, with fewer rows at once, with all that is free."""
    free = [other for other in kinds if not other.loses and other is not kind]
    fewer = [rows for other in free for rows in other.values if "micro_batch" in rows]
    for value in kind.values:
        yield value
        yield from (value | rows for rows in fewer)
        if free:
            yield value | list(_piled(tuple(free)))[-1]


def _piled(kinds: tuple[_Kind, ...]) -> Iterator[Changes]:
    """Yield ever more of all kinds together, what costs least first."""
    together: Changes = {}
    for kind in kinds:
        for value in kind.values:
            together = together | value
            yield together


def describe_changes(recipe: Recipe, changes: Mapping[str, Any]) -> str:
    """Return changes as words: "Micro-batch 4 → 1, accumulation 4 → 16"."""
    parts = (
        f"{_WORDS.get(name, name.replace('_', ' '))} {_said(getattr(recipe, name))} → {_said(value)}"
        for name, value in changes.items()
        if getattr(recipe, name) != value
    )
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


_WORDS = {
    "micro_batch": "micro-batch",
    "grad_accum": "accumulation",
    "max_tokens": "length",
    "quantization": "base",
}


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else CHOICES.get(str(value), str(value))

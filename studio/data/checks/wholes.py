"""What is wrong with rows because of other rows: copies, leaks, patterns, outliers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from studio.core.example import TRAIN, VALIDATION
from studio.data.checks import minhash
from studio.data.checks.judged import Ids, Packed
from studio.data.checks.languages import LANGUAGES

NEAR = 0.8
"""Similarity from which rows count as near duplicates unless the user says otherwise."""
NEAR_LEAST, NEAR_MOST = 0.6, 0.95
EXACT_PAIRS = 200_000
"""Pairs up to which near duplicates are compared exactly; beyond, their signatures decide."""
PATTERN_SHARE, PATTERN_ROWS = 0.2, 20
LANGUAGE_SHARE, LANGUAGE_ROWS = 0.8, 20
OUTLIER_ROWS, OUTLIER_WIDTHS, OUTLIER_LEAST_WIDTH = 50, 3.0, 0.25
TAG_RATIO = 20

Texts = Callable[[Sequence[int]], list[str]]
"""Returns the whole texts of rows by their ids."""
Mask = npt.NDArray[np.bool_]


@dataclass(slots=True)
class Rows:
    """The rows of a dataset as they are judged together, in view order.

    Attributes:
        judged: what is known of each, (N,).
        held: which are held out from training, (N,).
        splits: rows by split.
        tags: rows by tag.
        texts: reads the whole texts of some.
        near: similarity from which two rows are near duplicates.
        cancelled: whether nobody wants the answer any more.
    """

    judged: Packed
    held: Mask
    splits: Mapping[str, int]
    tags: Mapping[str, int]
    texts: Texts
    near: float = NEAR
    cancelled: Callable[[], bool] = lambda: False

    @property
    def ids(self) -> Ids:
        """Row ids, (N,)."""
        return np.asarray(self.judged["row"], np.int64)


def judge(rows: Rows) -> dict[str, dict[int, str]]:
    """Return by code: a detail by row id; row 0 stands for the whole dataset.

    Raises:
        Cancelled: nobody wants the answer any more.
    """
    found = _splits(rows)
    if not len(rows.judged):
        return found
    copies = _duplicates(rows)
    found["duplicate"] = copies
    found["leak"] = _leaks(rows)
    found |= near_duplicates(rows)
    found["one_pattern"] = _pattern(rows)
    found["other_language"] = _languages(rows)
    found |= _outliers(rows)
    return {code: details for code, details in found.items() if details}


def _splits(rows: Rows) -> dict[str, dict[int, str]]:
    found: dict[str, dict[int, str]] = {}
    if not rows.splits.get(TRAIN):
        found["no_rows"] = {0: ""}
    elif not rows.splits.get(VALIDATION):
        found["no_validation"] = {0: ""}
    if len(rows.tags) > 1:
        rare = min(rows.tags, key=lambda tag: rows.tags[tag])
        common = max(rows.tags, key=lambda tag: rows.tags[tag])
        if rows.tags[common] >= TAG_RATIO * max(rows.tags[rare], 1):
            words = f"{common}: {rows.tags[common]:,} rows, {rare}: {rows.tags[rare]:,}"
            found["tag_imbalance"] = {0: words}
    return found


def _first_of(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return for each value the position of its first equal, (N,)."""
    _, first, inverse = np.unique(values, return_index=True, return_inverse=True)
    return np.asarray(first[inverse], np.int64)


def _duplicates(rows: Rows) -> dict[int, str]:
    """Return the rows that are the same as an earlier one, with its id."""
    first = _first_of(rows.judged["same"])
    copies = np.flatnonzero(first != np.arange(len(first)))
    ids = rows.ids
    return dict(zip(ids[copies].tolist(), map(str, ids[first[copies]].tolist()), strict=True))


def _leaks(rows: Rows) -> dict[int, str]:
    """Return held-out rows whose question is trained, with the id of a row that asks it."""
    asked, ids = rows.judged["question"], rows.ids
    trained = np.flatnonzero(~rows.held & (asked != 0))
    values, first = np.unique(asked[trained], return_index=True)
    if not len(values):
        return {}
    at = np.searchsorted(values, asked).clip(max=len(values) - 1)
    leaked = np.flatnonzero(rows.held & (values[at] == asked))
    sources = ids[trained[first[at[leaked]]]]
    return dict(zip(ids[leaked].tolist(), map(str, sources.tolist()), strict=True))


def near_duplicates(rows: Rows) -> dict[str, dict[int, str]]:
    """Return near copies of earlier rows, and of trained rows; each with the row and how similar.

    A row is a near copy only of a row that is none itself, so that whoever deletes all copies
    keeps one row like each.
    """
    first = _first_of(rows.judged["same"])
    alone = np.flatnonzero(first == np.arange(len(first)))  # exact copies are told already
    order = alone[np.argsort(rows.held[alone], kind="stable")]  # trained rows before held-out ones
    pairs = minhash.candidates(rows.judged["signature"][order], rows.near, rows.cancelled)
    ids, held = rows.ids[order], rows.held[order]
    alike = _compared(rows, pairs, ids)
    keep = alike >= rows.near
    pairs, alike = pairs[keep], alike[keep]
    ordered = np.lexsort((-alike, pairs[:, 1]))
    near: dict[int, str] = {}
    leaks: dict[int, str] = {}
    copies: set[int] = set()
    for at in ordered.tolist():
        source, copy = int(pairs[at, 0]), int(pairs[at, 1])
        if source in copies or copy in copies:
            continue
        copies.add(copy)
        words = f"{ids[source]} {alike[at]:.2f}"
        (leaks if held[copy] and not held[source] else near)[int(ids[copy])] = words
    return {"near_duplicate": near, "leak_near": leaks}


def _compared(rows: Rows, pairs: minhash.Pairs, ids: Ids) -> npt.NDArray[np.float64]:
    """Return how similar pairs of rows are, (P,): exactly, unless they are too many."""
    if len(pairs) > EXACT_PAIRS:
        order = np.searchsorted(np.sort(rows.ids), ids)
        signed = rows.judged["signature"][np.argsort(rows.ids)][order]
        return minhash.estimate(signed, pairs)
    wanted = np.unique(pairs)
    texts = dict(zip(wanted.tolist(), rows.texts(ids[wanted].tolist()), strict=True))
    alike = np.empty(len(pairs))
    for at, (one, other) in enumerate(pairs.tolist()):
        if at % 1000 == 0 and rows.cancelled():
            raise minhash.Cancelled
        alike[at] = minhash.similarity(texts[one], texts[other])
    return alike


def _pattern(rows: Rows) -> dict[int, str]:
    """Return the rows whose answers begin as a fifth of all do."""
    openings = rows.judged["opening"]
    there = openings[openings != 0]
    if not len(there):
        return {}
    values, counts = np.unique(there, return_counts=True)
    many = (counts >= PATTERN_ROWS) & (counts >= PATTERN_SHARE * len(rows.judged))
    shares = dict(zip(values[many].tolist(), counts[many].tolist(), strict=True))
    hits = np.flatnonzero(np.isin(openings, values[many]))
    return {
        row: str(shares[begins])
        for row, begins in zip(rows.ids[hits].tolist(), openings[hits].tolist(), strict=True)
    }


def _languages(rows: Rows) -> dict[int, str]:
    """Return the rows that look like another language than most."""
    spoken = rows.judged["language"]
    counts = np.bincount(spoken, minlength=len(LANGUAGES))
    known = counts[1:].sum()
    main = int(counts[1:].argmax()) + 1
    if known < LANGUAGE_ROWS or counts[main] < LANGUAGE_SHARE * known:
        return {}
    others = np.flatnonzero((spoken != 0) & (spoken != main))
    names = (LANGUAGES[number] for number in spoken[others].tolist())
    return dict(zip(rows.ids[others].tolist(), names, strict=True))


def _outliers(rows: Rows) -> dict[str, dict[int, str]]:
    """Return the rows outside of three times the middle half's width, in the logarithm of size."""
    sizes = rows.judged["sizes"].sum(axis=1)
    there = sizes > 0  # an empty row is told as what it is
    if there.sum() < OUTLIER_ROWS:
        return {}
    logs = np.log(np.maximum(sizes, 1))
    low, high = np.percentile(logs[there], (25, 75))
    width = OUTLIER_WIDTHS * max(high - low, OUTLIER_LEAST_WIDTH)
    ids = rows.ids
    sides = {"outlier_long": logs > high + width, "outlier_short": there & (logs < low - width)}
    return {
        code: {
            row: f"{size:,} characters"
            for row, size in zip(ids[hit].tolist(), sizes[hit].tolist(), strict=True)
        }
        for code, hit in sides.items()
    }

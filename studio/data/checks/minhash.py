"""Near duplicates of texts: MinHash signatures in one pass, and pairs that share a band of them.

A text is the set of its runs of ``SHINGLE`` bytes, in lower case and with single spaces. Each run
is hashed once and falls into one of ``BINS`` bins, of which the least hash is kept (one-permutation
hashing); empty bins borrow from full ones. The share of bins in which two texts agree estimates
the Jaccard similarity of their sets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

SHINGLE = 6
BINS = 128
BAND = 4
"""Bins that two texts must agree in, one beside the other, to be compared."""
LEAST_SHINGLES = 24
"""A shorter text has no signature: two short texts are alike too easily."""

Signatures = npt.NDArray[np.uint8]
Pairs = npt.NDArray[np.int64]

_EMPTY = np.uint32(0xFFFFFFFF)
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_TRIES = 64
_CHANCE = 1 / 256
"""How often bins of unrelated texts agree, a byte being kept of each."""
_BORROWED = np.random.default_rng(20_250_101).integers(0, BINS, (_TRIES, BINS))
_AT_ONCE = 1 << 22
"""Bytes that are hashed at once; bounds the memory."""


def plain(text: str) -> bytes:
    """Return a text as it is compared: lower case, single spaces."""
    return " ".join(text.lower().split()).encode("utf-8", "surrogatepass")


def signatures(texts: Sequence[str]) -> Signatures:
    """Return the signatures of texts, (N, BINS); all zeros for a text that is too short."""
    made = np.zeros((len(texts), BINS), np.uint8)
    at, size, pending = 0, 0, []
    for text in texts:
        data = plain(text)
        pending.append(data)
        size += len(data)
        if size > _AT_ONCE:
            made[at : at + len(pending)] = _signed(pending)
            at, size, pending = at + len(pending), 0, []
    if pending:
        made[at:] = _signed(pending)
    return made


def similarity(one: str, other: str) -> float:
    """Return the exact Jaccard similarity of two texts, 0 to 1."""
    first, second = (np.unique(_hashes(plain(text))) for text in (one, other))
    both = len(np.intersect1d(first, second, assume_unique=True))
    whole = len(first) + len(second) - both
    return both / whole if whole else float(one == other)


def estimate(signed: Signatures, pairs: Pairs) -> npt.NDArray[np.float64]:
    """Return the estimated similarity of pairs (P, 2) of rows of signatures, (P,)."""
    agree = np.empty(len(pairs))
    for start in range(0, len(pairs), 1 << 16):
        some = pairs[start : start + (1 << 16)]
        agree[start : start + len(some)] = (signed[some[:, 0]] == signed[some[:, 1]]).mean(axis=1)
    return np.clip((agree - _CHANCE) / (1 - _CHANCE), 0.0, 1.0)


class Cancelled(Exception):
    """Nobody wants the answer any more."""


def candidates(
    signed: Signatures, threshold: float, cancelled: Callable[[], bool] = lambda: False
) -> Pairs:
    """Return pairs (P, 2) that may be as similar as the threshold; the lower number first.

    In each band a text is paired with the first text of its bucket and with the one before it, so
    that a million alike give millions of pairs and not their square.

    Raises:
        Cancelled: cancelled, which is asked now and then, said so.
    """
    bands = np.ascontiguousarray(signed).view(np.uint32)
    there = np.flatnonzero(signed.any(axis=1))
    found: list[Pairs] = []
    for band in range(bands.shape[1]):
        if cancelled():
            raise Cancelled
        found.append(_of_band(bands[there, band], there))
        if len(found) == 8:
            found = [_kept(np.concatenate(found), signed, threshold)]
    return _kept(np.concatenate(found), signed, threshold) if found else np.empty((0, 2), np.int64)


def _of_band(keys: npt.NDArray[np.uint32], rows: npt.NDArray[np.int64]) -> Pairs:
    order = np.argsort(keys, kind="stable")
    ordered, rows = keys[order], rows[order]
    same = np.zeros(len(rows), bool)
    same[1:] = ordered[1:] == ordered[:-1]
    firsts = np.maximum.accumulate(np.where(same, 0, np.arange(len(rows))))
    later = np.flatnonzero(same)
    with_first = np.stack([rows[firsts[later]], rows[later]], axis=1)
    with_last = np.stack([rows[later - 1], rows[later]], axis=1)
    return np.concatenate([with_first, with_last])


def _kept(pairs: Pairs, signed: Signatures, threshold: float) -> Pairs:
    pairs = np.unique(pairs, axis=0) if len(pairs) < 2 else _unique(pairs, len(signed))
    # An estimate is off by 0.04 or so; the pairs that stay are compared exactly
    return pairs[estimate(signed, pairs) >= threshold - 0.15]


def _unique(pairs: Pairs, rows: int) -> Pairs:
    packed = np.unique(pairs[:, 0] * rows + pairs[:, 1])
    return np.stack(np.divmod(packed, rows), axis=1)


def _hashes(data: bytes) -> npt.NDArray[np.uint64]:
    """Return the hash of each run of SHINGLE bytes, (len - SHINGLE + 1,)."""
    raw = np.frombuffer(data, np.uint8).astype(np.uint64)
    count = max(len(raw) - SHINGLE + 1, 0)
    runs = np.zeros(count, np.uint64)
    for at in range(SHINGLE):
        runs |= raw[at : at + count] << np.uint64(8 * at)
    runs *= _MIX[0]
    runs ^= runs >> np.uint64(29)
    runs *= _MIX[1]
    runs ^= runs >> np.uint64(32)
    return runs


def _signed(texts: Sequence[bytes]) -> Signatures:
    """Return the signatures of texts that are hashed in one go."""
    sizes = np.fromiter((len(text) for text in texts), np.int64, len(texts))
    hashes = _hashes(b"".join(texts))
    ends = np.cumsum(sizes)
    row = np.repeat(np.arange(len(texts)), sizes)[: len(hashes)]
    inside = np.arange(len(hashes)) + SHINGLE <= ends[row]  # no run crosses into the next text
    hashes, row = hashes[inside], row[inside]
    least = np.full(len(texts) * BINS, _EMPTY, np.uint32)
    bins = row * BINS + (hashes >> np.uint64(57)).astype(np.int64)
    np.minimum.at(least, bins, (hashes & np.uint64(0xFFFFFFFE)).astype(np.uint32))
    filled = _filled(least.reshape(-1, BINS))
    made = ((filled >> np.uint32(1)) & np.uint32(0xFF)).astype(np.uint8)
    made[np.bincount(row, minlength=len(texts)) < LEAST_SHINGLES] = 0
    return made


def _filled(least: npt.NDArray[np.uint32]) -> npt.NDArray[np.uint32]:
    """Let each empty bin borrow the value of a full one, the same one in every text."""
    empty = least == _EMPTY
    if not empty.any():
        return least
    made = least.copy()
    for source in _BORROWED:
        lent = least[:, source]
        use = (made == _EMPTY) & (lent != _EMPTY)
        made[use] = lent[use]
        if not (made == _EMPTY).any():
            break
    return made

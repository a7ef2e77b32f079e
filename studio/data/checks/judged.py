"""What is remembered of each row that was judged, as one packed array; 184 bytes a row."""

from __future__ import annotations

import hashlib
import sqlite3
from typing import Any

import numpy as np
import numpy.typing as npt

from studio.core.example import Kind
from studio.data.checks.minhash import BINS, plain
from studio.data.checks.openings import opening
from studio.data.checks.parts import Parts

Ids = npt.NDArray[np.int64]
Packed = npt.NDArray[Any]

MOST_FIELDS = 4
JUDGED = np.dtype(
    [
        ("row", "<i8"),
        ("stamp", "<i8"),
        ("same", "<i8"),  # of all texts
        ("question", "<i8"),  # as it is asked, whatever its case and spaces; 0 if none is
        ("opening", "<i8"),  # how the answer begins; 0 if it is short
        ("sizes", "<i4", (MOST_FIELDS,)),
        ("language", "u1"),
        ("signature", "u1", (BINS,)),
    ]
)
CHUNK = 256
"""Row ids whose rows are judged and stored together."""


class Judged:
    """The rows that were judged, in the sidecar and in memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection
        found = connection.execute("SELECT chunk, data FROM judged ORDER BY chunk")
        self._chunks: dict[int, Packed] = {
            chunk: np.frombuffer(data, JUDGED) for chunk, data in found
        }
        self._joined: Packed | None = None

    @property
    def rows(self) -> Packed:
        """All of them, sorted by id, (N,) of ``JUDGED``."""
        if self._joined is None:
            ordered = [self._chunks[chunk] for chunk in sorted(self._chunks)]
            self._joined = np.concatenate([np.empty(0, JUDGED), *ordered])
        return self._joined

    def stale(self, ids: Ids, stamps: Ids) -> npt.NDArray[np.bool_]:
        """Return which of the rows (N,) are unknown, or were changed since they were judged."""
        return stale(self.rows["row"], self.rows["stamp"], ids, stamps)

    def of(self, ids: Ids) -> Packed:
        """Return what is known of rows that were all judged, in the order asked."""
        return self.rows[np.searchsorted(self.rows["row"], ids)]

    def put(self, new: Packed) -> None:
        """Take in rows of one chunk, within a transaction."""
        chunk = int(new["row"][0]) // CHUNK
        old = self._chunks.get(chunk, np.empty(0, JUDGED))
        joined = np.concatenate([old[~np.isin(old["row"], new["row"])], new])
        joined = joined[np.argsort(joined["row"], kind="stable")]
        self._sql.execute("INSERT OR REPLACE INTO judged VALUES (?, ?)", (chunk, joined.tobytes()))
        self._chunks[chunk], self._joined = joined, None


def stale(rows: Ids, stamps: Ids, wanted: Ids, wanted_stamps: Ids) -> npt.NDArray[np.bool_]:
    """Return which wanted rows (N,) are not among the sorted rows (M,) with the same stamp."""
    if not len(rows):
        return np.ones(len(wanted), bool)
    at = np.searchsorted(rows, wanted).clip(max=len(rows) - 1)
    return np.asarray((rows[at] != wanted) | (stamps[at] != wanted_stamps), bool)


def same_hash(texts: tuple[str, ...]) -> int:
    """Return a number that equal rows share, and others in 2**64 cases once."""
    return _hash("\0".join(texts).encode("utf-8", "surrogatepass"))


def measure(kind: Kind, parts: Parts) -> tuple[int, int, tuple[int, ...], int]:
    """Return question, opening, sizes and language as in ``JUDGED``."""
    asked = plain(parts.question) if kind is not Kind.TEXT else b""
    begins = opening(parts.answer)
    sizes = (*parts.sizes, 0, 0, 0)[:MOST_FIELDS]
    return (
        _hash(asked) if asked else 0,
        _hash(begins.encode("utf-8", "surrogatepass")) if begins else 0,
        sizes,
        parts.spoken[1] or parts.spoken[0],
    )


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)

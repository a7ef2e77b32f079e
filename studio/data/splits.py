"""Chooses rows to hold back: seeded, and the same choice whatever order the rows are in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def choose_validation(row_ids: Iterable[int], share: float = 0.1, seed: int = 1) -> list[int]:
    """Return about a share (0 to 1) of the rows, at least one and never all, by id.

    The choice goes by a hash of seed and id, so that it does not move when other rows come or go.
    """
    ids = list(row_ids)
    wanted = max(0, min(len(ids) - 1, max(1, round(len(ids) * share))))
    return sorted(sorted(ids, key=lambda row: (_mark(seed, row), row))[:wanted])


def _mark(seed: int, row_id: int) -> bytes:
    return hashlib.blake2b(f"{seed}:{row_id}".encode(), digest_size=8).digest()

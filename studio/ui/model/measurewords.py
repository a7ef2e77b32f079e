"""What a measurement says, in sentences."""

from __future__ import annotations

from studio.app.measuring import Outcome
from studio.core.memory import Estimate
from studio.core.protocol import MemoryMeasured
from studio.core.units import duration, gib, rate

SAME = 0.005
"""A difference that no words are made about."""
APART = 0.02
"""Between the prediction for the measured rows and the one before, from which on both are said."""
OFFER = "Measure takes two real steps on the longest rows, beside the prediction."


def headline(outcome: Outcome) -> str:
    """Return measured beside predicted, such as "Measured 6.4 GiB, 4 % less than predicted"."""
    measured = gib(outcome.measured.peak_bytes, 2)
    if abs(outcome.off) < SAME:
        return f"Measured {measured}, as predicted"
    side = "more" if outcome.off > 0 else "less"
    share = max(1, round(100 * abs(outcome.off)))
    return f"Measured {measured}, {share}\u00a0% {side} than predicted"


def facts(outcome: Outcome) -> list[str]:
    """Return what stands below: what was counted, what was run, and how long a step took."""
    measured = outcome.measured
    return [_counted(measured), _phases(measured), _rows(outcome), _speed(measured)]


def verdict_word(outcome: Outcome) -> str:
    """Return okay, less or more: inside the predicted range, below it or above it."""
    low, high = within(outcome.predicted)
    if outcome.measured.peak_bytes > high:
        return "more"
    return "okay" if outcome.measured.peak_bytes >= low else "less"


def within(estimate: Estimate) -> tuple[int, int]:
    """Return the range that was predicted, in bytes."""
    return estimate.low_bytes, estimate.high_bytes


def _counted(measured: MemoryMeasured) -> str:
    match measured.counted:
        case "nvml":
            return (
                f"On the card: {gib(measured.allocated_bytes, 2)} in tensors, "
                f"{gib(measured.reserved_bytes, 2)} reserved by torch, "
                f"{gib(measured.process_bytes, 2)} of this process by NVML."
            )
        case "reserved":
            return (
                f"On the card: {gib(measured.allocated_bytes, 2)} in tensors, "
                f"{gib(measured.reserved_bytes, 2)} reserved by torch; NVML does not tell what the "
                "process holds, so the usual share of CUDA is added."
            )
    return "Counted: the most RAM that the process had resident, in steps and evaluation."


def _phases(measured: MemoryMeasured) -> str:
    said = f"Training {gib(measured.training_bytes, 2)}"
    if measured.evaluation_bytes:
        return f"{said}, evaluation {gib(measured.evaluation_bytes, 2)}."
    return f"{said}; no rows are held out, so there was no evaluation."


def _rows(outcome: Outcome) -> str:
    measured, shown = outcome.measured, outcome.shown.total_bytes
    number = f"the {measured.rows:,} longest" if measured.rows > 1 else "the longest"
    said = f"Rows: {number}, of up to {measured.longest_tokens:,} tokens"
    predicted = outcome.predicted.total_bytes
    if abs(shown / predicted - 1) > APART:
        said += f"; for them {gib(predicted, 2)} are predicted, not {gib(shown, 2)}"
    return f"{said}."


def _speed(measured: MemoryMeasured) -> str:
    speed = measured.step_tokens / measured.step_seconds if measured.step_seconds else None
    return f"A step took {duration(measured.step_seconds)}, {rate(speed)} tokens a second."

"""Turns whatever ended a run into an outcome and sentences with a way out."""

from __future__ import annotations

import errno
import traceback
from dataclasses import dataclass

from studio.core.control import PauseAsked
from studio.core.problems import DiskFullError, StudioError
from studio.engine.control import Wishes

_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_SHORT_WORDS = ("out of memory", "can't allocate memory", "cannot allocate memory", "bad alloc")
_FULL_WORDS = ("no space left on device", "unexpected pos", "file too large", "os error 28")
"""What torch and safetensors say instead of raising OSError when the disk is full."""


class DivergedError(StudioError):
    """Loss or gradient is no number any more; the weights were not touched."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: a final state, and sentences."""

    outcome: str
    summary: str = ""
    hint: str = ""
    details: str = ""


def explain(err: BaseException) -> Ending:
    """Return how a run ends that this exception ended."""
    details = "".join(traceback.format_exception(err))[-8000:]
    if isinstance(err, DivergedError):
        return Ending("diverged", err.summary, err.hint)
    if is_disk_full(err):
        summary = err.summary if isinstance(err, StudioError) else "The disk is full."
        return Ending(
            "paused",
            f"{summary} The last committed checkpoint is whole.",
            "Free some room on the disk, then resume the run.",
            details,
        )
    if isinstance(err, StudioError):
        return Ending("failed", err.summary, err.hint, err.details)
    if is_memory_short(err):
        return Ending(
            "out_of_memory",
            "There was not enough memory for a step.",
            "Take fewer sequences at once with more micro-batches a step, which trains the same, "
            "recompute activations, or shorten the longest sequence.",
            details,
        )
    first = str(err).strip().split("\n")[0][:300]
    return Ending(
        "failed",
        f"The training process failed: {type(err).__name__}{f': {first}' if first else ''}.",
        "Resume goes on from the last committed checkpoint. If it fails again, copy the details "
        "into a report.",
        details,
    )


def left_early(wishes: Wishes, kept: int) -> Ending:
    """Return how a run ends that was to end while its engine was loading.

    Args:
        wishes: what was asked.
        kept: step of its last checkpoint; 0 without one.
    """
    if wishes.discarding:
        safe = f"Step {kept} is kept." if kept else "Nothing was committed yet."
        return Ending("stopped", f"Ended at once, as asked. {safe}")
    if kept or isinstance(wishes.leaving, PauseAsked):
        return Ending("paused", "Ended while it was being loaded. Nothing is lost.")
    return Ending("stopped", "The run was stopped before its first step.")


def is_memory_short(err: BaseException) -> bool:
    """Return whether an error means that there was not enough memory, on a card or in RAM."""
    text = f"{type(err).__name__} {err}".casefold()
    return isinstance(err, MemoryError) or any(words in text for words in _SHORT_WORDS)


def first_line(err: BaseException) -> str:
    """Return what an error says, in one short line."""
    return (str(err).strip().split("\n")[0] or type(err).__name__)[:300]


def is_disk_full(err: BaseException) -> bool:
    """Return whether an error means that the disk is full, whoever says it in which words."""
    text = f"{type(err).__name__} {err}".casefold()
    if isinstance(err, DiskFullError) or (isinstance(err, OSError) and err.errno in _FULL):
        return True
    return any(words in text for words in _FULL_WORDS)

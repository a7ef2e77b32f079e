"""Commits a checkpoint, once more where memory ran out on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from studio.core.events import MemoryShort
from studio.core.workspace import RunFolder
from studio.engine.checkpoint import commit
from studio.engine.emit import EventLog
from studio.engine.explain import first_line, is_memory_short
from studio.engine.memoryshort import free_memory, give_back


def commit_with_care(
    run: RunFolder, step: int, write: Callable[[Path], None], log: EventLog
) -> int:
    """Commit a checkpoint and return its bytes; see :func:`commit`.

    Whoever wants to save has trained a step, so the memory for it is there once what that step
    left behind is given back.

    Raises:
        OSError: it cannot be written; the older checkpoints are untouched.
    """
    try:
        return commit(run, step, write)
    except Exception as err:
        if not is_memory_short(err):
            raise
        said = first_line(err)
    give_back()  # here, where the error holds no tensors any more
    log.emit(MemoryShort(step=step, where="saving", summary=said, free_bytes=free_memory()))
    return commit(run, step, write)

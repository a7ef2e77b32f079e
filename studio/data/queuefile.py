"""The queue on the disk: whoever changes it has it for a moment, and it is replaced whole."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from studio.core.problems import RunError
from studio.core.runqueue import Queue
from studio.core.workspace import Workspace
from studio.data.loading import sync_folder
from studio.machine.locks import LockHeldError, RunLock
from studio.machine.processes import ProcessMark, is_running

_PATIENCE = 10.0
"""Seconds to wait for another process that changes the queue, which takes milliseconds."""
_STEP = 0.02


def read_queue(workspace: Workspace) -> Queue:
    """Return the queue as it stands; an empty one where there is none or it cannot be read."""
    try:
        body = json.loads(workspace.queue.read_bytes())
    except (OSError, ValueError):
        return Queue()
    return Queue.from_mapping(body) if isinstance(body, dict) else Queue()


def change_queue(workspace: Workspace, change: Callable[[Queue], Queue]) -> Queue:
    """Change the queue as it stands now, whoever else changes it; return what it is then.

    Raises:
        RunError: the change cannot be, or the file not be written.
    """
    with _mine(workspace.queue.with_suffix(".change")):
        before = read_queue(workspace)
        after = change(before)
        if after != before:
            _write(workspace.queue, after)
    return after


def runner_of(workspace: Workspace) -> ProcessMark | None:
    """Return the process that starts the waiting runs; None when there is none."""
    owner = RunLock(workspace.queue_lock).owner()
    return owner if owner is not None and is_running(owner) else None


def _write(path: Path, queue: Queue) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with staged.open("w", encoding="utf-8", newline="\n") as file:
            json.dump(queue.to_mapping(), file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        staged.replace(path)
        sync_folder(path.parent)
    except OSError as err:
        staged.unlink(missing_ok=True)
        raise RunError(
            f"The queue could not be kept: {err.strerror or err}.",
            f"Look whether {path.parent} may be written to.",
        ) from err


@contextlib.contextmanager
def _mine(path: Path) -> Iterator[None]:
    """Have the queue alone; the system gives it back if we die.

    Raises:
        RunError: another process does not give it back, or the workspace cannot be written.
    """
    lock, until = RunLock(path), time.monotonic() + _PATIENCE
    while True:
        try:
            lock.hold()
            break
        except LockHeldError:
            if time.monotonic() > until:
                raise RunError(
                    "The queue cannot be changed: another process has it.",
                    "Try again in a moment.",
                ) from None
            time.sleep(_STEP)
    try:
        yield
    finally:
        lock.release()

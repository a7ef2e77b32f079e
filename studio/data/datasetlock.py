"""One writer to a dataset: the window or command that has it open for editing."""

from __future__ import annotations

from pathlib import Path

from studio.core.problems import DataError, RunError
from studio.data.schema import unwritable
from studio.machine.locks import LockHeldError, RunLock


def hold(path: Path) -> RunLock:
    """Take the right to write to a dataset; the system frees it when this process dies.

    Raises:
        DataError: another window has the dataset open, or its folder cannot be written to.
    """
    lock = RunLock(path.with_name(f".{path.stem}.lock"))
    try:
        return lock.hold()
    except LockHeldError as err:
        owner = lock.owner()
        who = f" (process {owner.pid})" if owner else ""
        raise DataError(
            f"{path.stem} is open for editing in another window or command{who}.",
            "Close it there, then open it here.",
        ) from err
    except RunError as err:
        why = err.__cause__ if isinstance(err.__cause__, OSError) else OSError(err.summary)
        raise unwritable(path, why) from err

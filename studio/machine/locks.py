"""The lock on a run's folder: one engine at a time, and a note of which one it is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio.core.problems import RunError
from studio.machine.computer import this_computer
from studio.machine.memorykills import memory_kills
from studio.machine.processes import ProcessMark, is_running, mark_of

_FAR = 1 << 30
"""Windows locks bytes, also against reading; this one is beyond the note."""


class LockHeldError(RunError):
    """Another process holds the lock."""


class RunLock:
    """A file that an engine holds while it works; the system frees it when the engine dies.

    Usage: ``with RunLock(folder.lock).hold(): ...``
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()

    def hold(self) -> Self:
        """Take the lock and note this process in it.

        Raises:
            LockHeldError: another process holds it.
            RunError: the folder cannot be written.
        """
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as err:
            raise self._unusable(err) from err
        try:
            _take(fd)
        except OSError as err:
            os.close(fd)
            owner = self.owner()
            who = f"process {owner.pid}" if owner else "another process"
            raise LockHeldError(
                f"The run {self._path.parent.name} is already being worked on by {who}.",
                "Wait until it ends, or stop it first.",
            ) from err
        try:
            self._note_down(fd)
        except OSError as err:
            os.close(fd)
            raise self._unusable(err) from err
        self._fd = fd
        return self

    def _note_down(self, fd: int) -> None:
        """Write into the file which process holds it."""
        mark = mark_of(os.getpid())
        note = {
            "pid": os.getpid(),
            "created": mark.created if mark else 0.0,
            "computer": this_computer().note(),
            "memory_kills": memory_kills(),
        }
        os.ftruncate(fd, 0)
        os.write(fd, json.dumps(note).encode())

    def _unusable(self, err: OSError) -> RunError:
        return RunError(
            f"The folder {self._path.parent} cannot be used: {err.strerror or err}.",
            "Free the disk, or check who may write to the folder.",
        )

    def release(self) -> None:
        """Give the lock back; the note is emptied. Does nothing if it is not held."""
        if self._fd is None:
            return
        os.ftruncate(self._fd, 0)
        os.close(self._fd)
        self._fd = None

    def owner(self) -> ProcessMark | None:
        """Return the process that the note names, which may be gone; None without a note.

        A process of another computer, or of before this one was started, is none of ours.
        """
        try:
            note = self._note()
            found = ProcessMark(int(note["pid"]), float(note["created"]))
        except (ValueError, KeyError, TypeError):
            return None
        here, computer = this_computer(), self.computer()
        is_ours = here.is_named_by(computer) and not here.booted_since(computer)
        return found if is_ours else None

    def memory_kills(self) -> int | None:
        """Return how many processes were killed for want of memory since the lock was taken.

        None without a note, or where nobody counts them; the lock's owner may be one of them.
        """
        try:
            before, now = self._note().get("memory_kills"), memory_kills()
        except ValueError:
            return None
        if not isinstance(before, int) or now is None or now < before:
            return None
        return now - before

    def computer(self) -> Mapping[str, Any]:
        """Return the note of the computer that holds the lock, or held it when it died."""
        try:
            named = self._note().get("computer")
        except ValueError:
            return {}
        return named if isinstance(named, dict) else {}

    def _note(self) -> dict[str, Any]:
        """Return what is written in the file; empty without one."""
        try:
            note = json.loads(self._path.read_bytes())
        except OSError:
            return {}
        return note if isinstance(note, dict) else {}

    def alive(self) -> bool:
        """Return whether the process in the note still runs."""
        owner = self.owner()
        return owner is not None and is_running(owner)


if sys.platform == "win32":

    def _take(fd: int) -> None:
        import msvcrt  # exists on Windows only

        os.lseek(fd, _FAR, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        os.lseek(fd, 0, os.SEEK_SET)

else:

    def _take(fd: int) -> None:
        import fcntl  # exists on POSIX only

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

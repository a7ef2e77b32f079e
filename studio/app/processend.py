"""What a child process starts with, and how it ended, in sentences."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping

from PySide6.QtCore import QProcess, QProcessEnvironment

from studio.core.problems import EngineError
from studio.core.protocol import RequestFailed

GRACE_MS = 500
"""How long a process may take to end by itself, and again after it was told to."""
KILLED_WITHIN_MS = 3_000
GONE = QProcess.ProcessState.NotRunning


def process_environment(variables: Mapping[str, str]) -> QProcessEnvironment:
    """Return an environment of these variables alone."""
    made = QProcessEnvironment()
    for key, value in variables.items():
        made.insert(key, value)
    return made


def how_it_ended(name: str, code: int, *, crashed: bool) -> str:
    """Return what happened to a process that nobody asked to end.

    Args:
        name: what the process is: "chat engine".
        code: its exit code; the signal's number when it crashed (0 where that is unknown).
        crashed: it did not exit by itself.
    """
    if not crashed:
        return f"The {name} ended with exit code {code}." if code else f"The {name} ended early."
    if sys.platform != "win32" and code == signal.SIGKILL:
        return (
            f"The {name} was killed by the system (signal 9); most often that means "
            "that memory ran out."
        )
    if sys.platform != "win32" and code:
        try:
            return f"The {name} crashed ({signal.Signals(code).name}, signal {code})."
        except ValueError:
            pass  # a signal this Python has no name for
    return f"The {name} crashed (code {code})."


def problem_of(failed: RequestFailed) -> EngineError:
    """Return a failed request as an error of this program."""
    return EngineError(failed.summary, failed.hint, failed.details)


def end_and_wait(process: QProcess, *, begun: bool) -> None:
    """Ask a process to end, with more weight each time, and wait for it: at most a few seconds.

    Args:
        process: one that may be there or not.
        begun: whether it has done anything yet; one that has not is ended at once.
    """
    if process.state() is not GONE and not begun:
        process.kill()  # it is still importing
        process.waitForFinished(KILLED_WITHIN_MS)
    for act in (process.closeWriteChannel, process.terminate):
        if process.state() is not GONE:
            act()
            process.waitForFinished(GRACE_MS)
    if process.state() is not GONE:
        process.kill()
        process.waitForFinished(KILLED_WITHIN_MS)

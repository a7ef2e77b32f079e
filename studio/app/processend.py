"""What a child process starts with, and how it ended, in sentences."""

from __future__ import annotations

import signal
import sys
from collections.abc import Mapping

from PySide6.QtCore import QProcessEnvironment

from studio.core.problems import EngineError
from studio.core.protocol import RequestFailed


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

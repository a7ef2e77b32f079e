"""How a child process ended, or why it could not do something, in sentences."""

from __future__ import annotations

import signal
import sys

from studio.core.problems import EngineError
from studio.core.protocol import RequestFailed


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

"""Processes that outlive the window: known by pid and creation time, since pids come back."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass

import psutil

from studio.core.problems import EngineError

SAME_START = 0.5
"""Seconds that two readings of one process's creation time may differ."""


@dataclass(frozen=True, slots=True)
class ProcessMark:
    """One process for good: its pid, and its creation time in seconds since the epoch."""

    pid: int
    created: float


def mark_of(pid: int) -> ProcessMark | None:
    """Return the mark of a process that runs now; None when there is none of that pid."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessMark(pid, process.create_time())
    except psutil.Error:
        return None


def is_running(mark: ProcessMark) -> bool:
    """Return whether that very process still runs; a process that only waits to be reaped is gone."""
    now = mark_of(mark.pid)
    return now is not None and abs(now.created - mark.created) < SAME_START


def end(mark: ProcessMark) -> None:
    """End the process and its children at once, if it is still the one that was marked."""
    if not is_running(mark):
        return
    try:
        process = psutil.Process(mark.pid)
        family = (*process.children(recursive=True), process)
    except psutil.Error:
        return  # it ended by itself meanwhile
    for each in family:
        with suppress(psutil.Error):  # one that is gone must not save the others
            each.kill()


def memory_of(pid: int) -> int:
    """Return the bytes of RAM that a process holds; 0 when there is none of that pid."""
    try:
        return int(psutil.Process(pid).memory_info().rss) if pid else 0
    except psutil.Error:
        return 0


def is_stopped(mark: ProcessMark) -> bool:
    """Return whether the process was told to stand still (SIGSTOP); False when it is gone.

    One that a debugger holds is not: no signal of ours would let it go on.
    """
    if not is_running(mark):
        return False
    try:
        return bool(psutil.Process(mark.pid).status() == psutil.STATUS_STOPPED)
    except psutil.Error:
        return False  # it ended by itself meanwhile


def let_go_on(mark: ProcessMark) -> None:
    """Let a process go on that was told to stand still, if it is still the one that was marked.

    Raises:
        EngineError: it belongs to somebody else.
    """
    if not is_running(mark):
        return
    try:
        psutil.Process(mark.pid).resume()
    except psutil.AccessDenied as err:
        raise EngineError(
            f"Process {mark.pid} belongs to another user and cannot be told to go on from here.",
            f"Have that user run: kill -CONT {mark.pid}",
        ) from err
    except psutil.Error:
        return  # it ended by itself meanwhile


def reap(pid: int) -> None:
    """Let the system forget an ended process if it was a child of this one."""
    if os.name == "nt":
        return
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return  # somebody else's child, or reaped already

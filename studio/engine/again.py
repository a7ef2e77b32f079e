"""Begins an engine again: the same process with fresh memory, going on by the plan as it is now."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from typing import NoReturn

from studio.core.workspace import RunFolder
from studio.machine.enginecommand import engine_command

_ERRORS = 2
"""The number of standard error, behind which are the files that a process opened itself."""


class StartAgain(Exception):
    """The engine is to begin again; what it should do differently is in its events already."""


def begin_again(run: RunFolder, asked: int) -> NoReturn:
    """Replace this process by a fresh engine of the same run; its pid stays.

    The lock's file keeps naming this process, and the fresh engine takes the lock itself.

    Args:
        run: what is trained.
        asked: bytes of the control file that are answered already.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    for name in os.listdir("/dev/fd"):
        if int(name) > _ERRORS:
            with suppress(OSError):  # that of the listing is closed already
                os.set_inheritable(int(name), False)  # a card's would hold its memory
    command = engine_command("train", str(run.path), "--asked", str(asked))
    os.execv(command[0], command)


def wait_for_another(run: RunFolder, asked: int) -> int:
    """Start a fresh engine and wait for its end, where a process cannot be replaced (Windows)."""
    command = engine_command("train", str(run.path), "--asked", str(asked))
    return subprocess.run(command, check=False).returncode

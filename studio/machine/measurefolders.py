"""Folders that measurements work in: one of each process, gone when it is."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import psutil

_PREFIX = "measuring-"


def own_folder(staging: Path) -> Path:
    """Return the folder of this process's measurement; it may not exist."""
    return staging / f"{_PREFIX}{os.getpid()}"


def sweep_measurements(staging: Path) -> None:
    """Take away what measurements left that were ended in the middle.

    Args:
        staging: of a workspace; it may not exist. What a living process works in stays.
    """
    for left in staging.glob(f"{_PREFIX}*"):
        owner = left.name.removeprefix(_PREFIX)
        if not owner.isdigit() or not psutil.pid_exists(int(owner)):
            shutil.rmtree(left, ignore_errors=True)

"""Gives memory that the heap keeps for later back to the system."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress


def trim_heap() -> None:
    """Give back the pages of the heap that nothing uses; only glibc keeps them and can be asked.

    Steps of one shape leave holes that the next ones fill. What has other shapes, an evaluation or
    answers, finds no room in them and grows the heap: 150 MiB each time, measured on SmolLM2-135M.
    """
    if sys.platform.startswith("linux"):
        with suppress(AttributeError, OSError):  # another library than glibc
            ctypes.CDLL(None).malloc_trim(0)

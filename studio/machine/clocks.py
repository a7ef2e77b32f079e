"""Reads the wall clock, and the clocks that count a suspend and that do not."""

from __future__ import annotations

import sys
import time

from studio.core.clocks import Clocks

_TICKS = 1e7
"""Windows counts in units of 100 ns."""


def read_clocks() -> Clocks:
    """Return the three clocks as they are now."""
    if sys.platform == "win32":
        import ctypes  # only Windows needs it here

        ticks = ctypes.c_ulonglong()
        ctypes.windll.kernel32.QueryUnbiasedInterruptTime(ctypes.byref(ticks))
        elapsed = ctypes.windll.kernel32.GetTickCount64() / 1000
        return Clocks(time.time(), elapsed, ticks.value / _TICKS)
    if sys.platform == "darwin":
        awake = time.clock_gettime(time.CLOCK_UPTIME_RAW)
        return Clocks(time.time(), time.clock_gettime(time.CLOCK_MONOTONIC), awake)
    awake = time.clock_gettime(time.CLOCK_MONOTONIC)
    return Clocks(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME), awake)

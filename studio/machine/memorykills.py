"""How often the system has ended processes for want of memory; Linux counts that for everybody."""

from __future__ import annotations

from pathlib import Path

_COUNTERS = Path("/proc/vmstat")


def memory_kills() -> int | None:
    """Return how many processes were killed for want of memory since the start of this computer.

    None where nobody counts them.
    """
    try:
        lines = _COUNTERS.read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)

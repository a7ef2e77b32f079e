"""A limit on the memory another process may have."""

from __future__ import annotations

import sys


def limit_memory(pid: int, n_bytes: int) -> bool:
    """Limit the private memory of a process of this user; return whether it holds.

    Only Linux lets one process limit another; elsewhere nothing is done.
    """
    if sys.platform != "linux":
        return False
    import resource  # not on Windows

    try:
        resource.prlimit(pid, resource.RLIMIT_DATA, (n_bytes, n_bytes))
    except (OSError, ValueError):
        return False  # gone already, or a lower limit is in force
    return True

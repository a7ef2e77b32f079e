"""Memory of this process: gives back what is not used, and says how much is free."""

from __future__ import annotations

import gc

import psutil
import torch


def give_back() -> None:
    """Give back what nothing points to any more; errors must be let go of before."""
    gc.collect()
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def free_memory() -> int:
    """Return the bytes that are free now: on the card if one is used, else of RAM."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        return int(torch.cuda.mem_get_info()[0])
    return int(psutil.virtual_memory().available)

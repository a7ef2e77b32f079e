"""The most memory this process has held, in phases: of a card, or resident."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from studio.core.memory import CONTEXT_BYTES
from studio.core.peakrecord import CARD

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_HIGH_WATER = b"VmHWM:"
_RESET_HIGH_WATER = b"5"
"""Linux, proc(5): the peak resident size begins anew from what is resident now."""


@dataclass(frozen=True, slots=True)
class Peaks:
    """The most of a phase, in bytes; what a system does not tell is 0.

    Attributes:
        whole: what the process held, as well as it can be known.
        counted: what that is: nvml, reserved or resident.
        allocated: what torch gave to tensors on the card.
        reserved: what torch took from the card.
        process: what NVML says of this process.
    """

    whole: int
    counted: str
    allocated: int = 0
    reserved: int = 0
    process: int = 0


class PeakMeter:
    """Reads the peak of a phase and begins the next one; one per process."""

    def __init__(self) -> None:
        self._most_outside = 0
        """On the card beside what torch reserved: CUDA's context and libraries."""

    def restart(self) -> None:
        """Begin a phase: forget what was held before, as far as the system lets us."""
        if _on_card():
            torch.cuda.reset_peak_memory_stats()
        else:
            with suppress(OSError):
                _RESET.write_bytes(_RESET_HIGH_WATER)

    def read(self) -> Peaks:
        """Return the most since the phase began."""
        if not _on_card():
            return Peaks(resident_peak(), "resident")
        allocated = int(torch.cuda.max_memory_allocated())
        reserved = int(torch.cuda.max_memory_reserved())
        process = held_on_card(os.getpid())
        if not process:  # in a container NVML names no processes
            return Peaks(reserved + CONTEXT_BYTES[CARD], "reserved", allocated, reserved)
        outside = max(process - int(torch.cuda.memory_reserved()), 0)
        self._most_outside = max(self._most_outside, outside)
        whole = reserved + self._most_outside
        return Peaks(whole, "nvml", allocated, reserved, max(process, whole))


_RUN = PeakMeter()


def forget_loading() -> None:
    """Let the peak of a run begin when its model is loaded, where that went through mapped files.

    Pages of files count as resident while they are mapped, though the system takes them back as
    soon as anybody needs memory. On a card nothing is forgotten: what loading takes is taken.
    """
    if not _on_card():
        _RUN.restart()


def peak_bytes() -> int:
    """Return the most memory a run has held: of the card if it uses one, else RAM."""
    return _RUN.read().whole


def resident_peak() -> int:
    """Return the most RAM since the last restart; where it cannot restart, since the beginning."""
    with suppress(OSError, ValueError, IndexError):
        for line in _STATUS.read_bytes().splitlines():
            if line.startswith(_HIGH_WATER):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import psutil  # only Windows needs it here

        return int(psutil.Process().memory_info().peak_wset)
    import resource  # exists on POSIX only

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else peak * 1024)


def held_on_card(pid: int) -> int:
    """Return what NVML says that a process holds on the card in use; 0 where it does not say."""
    import pynvml  # looks for a driver's library

    with suppress(pynvml.NVMLError, AttributeError):
        pynvml.nvmlInit()
        handle = pynvml.nvmlDeviceGetHandleByUUID(_uuid())
        for process in pynvml.nvmlDeviceGetComputeRunningProcesses(handle):
            if process.pid == pid:
                return int(process.usedGpuMemory or 0)
    return 0


def _uuid() -> str:
    found = str(torch.cuda.get_device_properties(torch.cuda.current_device()).uuid)
    return found if found.startswith("GPU-") else f"GPU-{found}"


def _on_card() -> bool:
    return torch.cuda.is_available() and torch.cuda.is_initialized()

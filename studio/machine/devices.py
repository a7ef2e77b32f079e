"""What this computer has and what is free of it now: cards, RAM and disk, as values."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

NO_CARD = "This computer has no NVIDIA card: memory is RAM."
NO_DRIVER = "An NVIDIA card is built in, but its driver does not answer: memory is RAM."
UNIFIED = "Card and processor share one memory: memory is RAM."
NVIDIA_VENDOR = "0x10de"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds memory; bytes is None where the system does not say how much."""

    pid: int
    name: str
    bytes: int | None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Gpu:
    """One NVIDIA card as NVML sees it, without touching CUDA.

    Attributes:
        ours_bytes: held by our own processes, as far as the driver tells.
        others_bytes: everything else that is not free, the driver's own share included.
        temperature: degrees Celsius.
        load: share of the last moments in which a kernel ran, 0 to 1.
        unified: the card has no memory of its own; the sizes are those of the RAM.
    """

    index: int
    name: str
    total_bytes: int
    free_bytes: int
    ours_bytes: int = 0
    others_bytes: int = 0
    holders: tuple[Holder, ...] = ()
    temperature: int | None = None
    load: float | None = None
    unified: bool = False


@dataclass(frozen=True, slots=True)
class MachineReading:
    """The computer at one moment; sizes in bytes.

    Attributes:
        note: one sentence when there is no card to speak of, else empty.
        cpu_bf16: the processor computes in bf16.
    """

    gpus: tuple[Gpu, ...]
    ram_total: int
    ram_available: int
    disk_free: int = 0
    ram_ours: int = 0
    ram_holders: tuple[Holder, ...] = ()
    note: str = ""
    cpu_bf16: bool = False

    @property
    def gpu(self) -> Gpu | None:
        """The card that trains, or None where RAM is the memory."""
        return self.gpus[0] if self.gpus else None

    @property
    def device(self) -> str:
        """Where a run with device "auto" trains: cuda or cpu."""
        return "cuda" if self.gpus else "cpu"

    def memory(self, device: str = "auto") -> Memory:
        """Return the memory that a run on a device ("auto", "cuda" or "cpu") would use."""
        card = None if device == "cpu" else self.gpu
        if card is None:
            others = max(self.ram_total - self.ram_available - self.ram_ours, 0)
            return Memory(
                "RAM", self.ram_total, self.ram_available, self.ram_ours, others, self.ram_holders
            )
        return Memory(
            card.name,
            card.total_bytes,
            card.free_bytes,
            card.ours_bytes,
            card.others_bytes,
            card.holders,
        )


@dataclass(frozen=True, slots=True)
class Memory:
    """One pool of memory: the card's or the RAM; sizes in bytes."""

    name: str
    total_bytes: int
    free_bytes: int
    ours_bytes: int
    others_bytes: int
    holders: tuple[Holder, ...] = ()


def read_machine(our_pids: Collection[int] = (), disk: Path | None = None) -> MachineReading:
    """Look at the machine. Absence of a card or driver is a value with a sentence in ``note``.

    Args:
        our_pids: processes of ours beside this one, such as a training engine.
        disk: a place on the disk whose free room is asked; 0 is returned without it.
    """
    pids = {os.getpid(), *our_pids}
    ram = psutil.virtual_memory()
    holders = _ram_holders(pids)
    why = _why_no_nvml()
    gpus = () if why else _read_gpus(pids, ram.total, ram.available)
    if not why:
        why = NO_CARD if not gpus else UNIFIED if gpus[0].unified else ""
    return MachineReading(
        gpus=gpus,
        ram_total=ram.total,
        ram_available=ram.available,
        disk_free=_disk_free(disk),
        ram_ours=sum(holder.bytes or 0 for holder in holders),
        ram_holders=holders,
        note=why,
        cpu_bf16=_cpu_has_bf16(),
    )


@cache
def _cpu_has_bf16(facts: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has instructions for bf16; only Linux says so without torch."""
    with contextlib.suppress(OSError):
        return any(sign in facts.read_text() for sign in ("avx512_bf16", "amx_bf16"))
    return False


@cache
def _why_no_nvml() -> str:
    """Start NVML, once a process; return why it cannot be used, or nothing."""
    import pynvml  # looks for a driver's library; only when the machine is read

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return NO_DRIVER if _has_nvidia_on_bus() else NO_CARD
    return ""


def _has_nvidia_on_bus(bus: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Whether a display controller of NVIDIA's is plugged in; only Linux says so."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        for device in bus.iterdir():
            vendor = (device / "vendor").read_text().strip()
            if vendor == NVIDIA_VENDOR and (device / "class").read_text().startswith("0x03"):
                return True
    return False


def _read_gpus(pids: set[int], ram_total: int, ram_available: int) -> tuple[Gpu, ...]:
    import pynvml

    try:
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError:
        return ()
    found = (_read_gpu(index, pids, ram_total, ram_available) for index in range(count))
    return tuple(gpu for gpu in found if gpu is not None)


def _read_gpu(index: int, pids: set[int], ram_total: int, ram_available: int) -> Gpu | None:
    """Read one card; None for one that does not even give its handle (fallen off the bus)."""
    import pynvml

    try:
        handle = pynvml.nvmlDeviceGetHandleByIndex(index)
    except pynvml.NVMLError:
        return None
    memory = _asked("nvmlDeviceGetMemoryInfo", handle)
    total, free = (memory.total, memory.free) if memory else (ram_total, ram_available)
    holders = _gpu_holders(handle, pids)
    ours = sum(holder.bytes or 0 for holder in holders if holder.ours)
    util = _asked("nvmlDeviceGetUtilizationRates", handle)
    return Gpu(
        index=index,
        name=str(_asked("nvmlDeviceGetName", handle) or f"NVIDIA card {index}"),
        total_bytes=int(total),
        free_bytes=int(free),
        ours_bytes=ours,
        others_bytes=max(int(total) - int(free) - ours, 0),
        holders=holders,
        temperature=_asked("nvmlDeviceGetTemperature", handle, pynvml.NVML_TEMPERATURE_GPU),
        load=util.gpu / 100 if util else None,
        unified=memory is None,
    )


def _gpu_holders(handle: Any, pids: set[int]) -> tuple[Holder, ...]:
    """Return the processes on a card, biggest first; a process may compute and draw."""
    found: dict[int, int | None] = {}
    for call in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
        for process in _asked(call, handle) or ():
            used = process.usedGpuMemory  # None under Windows' own memory manager
            found[process.pid] = max(used or 0, found.get(process.pid) or 0) or None
    made = [Holder(pid, _process_name(pid), used, pid in pids) for pid, used in found.items()]
    return tuple(sorted(made, key=_size_first))


def _asked(call: str, *args: Any) -> Any:
    """Ask NVML; None is the answer of cards and systems that do not support the question."""
    import pynvml

    try:
        return getattr(pynvml, call)(*args)
    except pynvml.NVMLError:
        return None


def _ram_holders(pids: Collection[int]) -> tuple[Holder, ...]:
    """Return our own processes that are alive, with their resident memory."""
    made = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            made.append(Holder(pid, process.name(), process.memory_info().rss, ours=True))
    return tuple(sorted(made, key=_size_first))


def _size_first(holder: Holder) -> int:
    return -(holder.bytes or 0)


def _process_name(pid: int) -> str:
    try:
        return str(psutil.Process(pid).name())
    except psutil.Error:
        return f"process {pid}"


def _disk_free(place: Path | None) -> int:
    if place is None:
        return 0
    existing: Sequence[Path] = [path for path in (place, *place.parents) if path.exists()]
    with contextlib.suppress(OSError, IndexError):
        return int(psutil.disk_usage(str(existing[0])).free)
    return 0

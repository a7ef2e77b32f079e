"""NVIDIA cards as NVML sees them, without touching CUDA; every error of it becomes a sentence."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

NO_CARD = "This computer has no NVIDIA card: memory is RAM."
NO_DRIVER = (
    "An NVIDIA card is built in, but its driver is not installed: memory is RAM. "
    "Install NVIDIA's driver to train on the card."
)
UNIFIED = "Card and processor share one memory: what is free is free for both."
HIDDEN = (
    "CUDA_VISIBLE_DEVICES hides the NVIDIA cards from this program: memory is RAM. "
    "Start it without that variable to use them."
)
NVIDIA_VENDOR = "0x10de"
_SENTENCES = {
    "NVML_ERROR_DRIVER_NOT_LOADED": "The NVIDIA driver is installed but not loaded{ram}. "
    "Restart the computer, or load its kernel module.",
    "NVML_ERROR_LIB_RM_VERSION_MISMATCH": "The NVIDIA driver was updated while the computer ran, "
    "so that its library and its kernel module differ{ram}. Restart the computer.",
    "NVML_ERROR_NO_PERMISSION": "This user may not use the NVIDIA card{ram}. "
    "Ask for the rights to /dev/nvidia0, often those of the group video.",
    "NVML_ERROR_GPU_IS_LOST": "{card} no longer answers: it has fallen off the bus{ram}. "
    "Restart the computer; if it happens again, look at its power and its slot.",
    "NVML_ERROR_RESET_REQUIRED": "{card} has to be reset before it can be used again{ram}. "
    "Restart the computer.",
    "NVML_ERROR_INSUFFICIENT_POWER": "{card} gets too little power{ram}. "
    "Shut down and plug in its power cables.",
    "NVML_ERROR_IRQ_ISSUE": "The computer does not pass on the interrupts of {card}{ram}. "
    "Put it into another slot, or update the computer's firmware.",
    "NVML_ERROR_OPERATING_SYSTEM": "The operating system keeps the NVIDIA card from this program"
    "{ram}. A container or a sandbox has to be given the card.",
}
"""What NVML's errors mean for the user, by their names there."""
_RAM = ": memory is RAM"


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds memory; bytes is None where the system does not say how much."""

    pid: int
    name: str
    bytes: int | None
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Gpu:
    """One NVIDIA card.

    Attributes:
        index: its number in CUDA, where cards are counted by their place on the bus.
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
class Ram:
    """Bytes of the RAM, which is the memory of cards that have none of their own."""

    total: int
    available: int


def read_cards(pids: set[int], ram: Ram) -> tuple[tuple[Gpu, ...], str]:
    """Return the cards that answer, and a sentence on what is amiss; empty if nothing is.

    Args:
        pids: our own processes.
        ram: for cards that share it.
    """
    import pynvml  # looks for a driver's library; only when the machine is read

    try:
        _start()
        count = pynvml.nvmlDeviceGetCount()
    except pynvml.NVMLError as err:
        _start.cache_clear()
        return (), _why_none(err)
    if not count:
        return (), NO_CARD
    shown = visible(os.environ.get("CUDA_VISIBLE_DEVICES"), count)
    if not shown:
        return (), HIDDEN
    cards: list[Gpu] = []
    problems: list[str] = []
    for index, slot in enumerate(shown):
        try:
            cards.append(_read_card(index, slot, pids, ram))
        except pynvml.NVMLError as err:
            problems.append(_sentence(err, f"NVIDIA card {slot}"))
    problem = problems[0].format(ram="" if cards else _RAM) if problems else ""
    return tuple(cards), problem or (UNIFIED if cards[0].unified else "")


def visible(asked: str | None, count: int) -> tuple[int, ...]:
    """Return the cards that CUDA would show, by their number on the bus, in CUDA's order.

    Args:
        asked: the variable CUDA_VISIBLE_DEVICES, None without it. Names instead of numbers show
            all cards here, though CUDA shows fewer.
        count: how many cards there are.
    """
    if asked is None:
        return tuple(range(count))
    found: list[int] = []
    for part in asked.split(","):
        word = part.strip()
        if word.startswith(("GPU-", "MIG-")):
            return tuple(range(count))
        if not word.isdigit() or int(word) >= count:
            break  # CUDA stops at the first one that is not there
        found.append(int(word))
    return tuple(found)


@cache
def _start() -> None:
    """Start NVML, once a process; a failure is tried again at the next reading."""
    import pynvml

    pynvml.nvmlInit()


def _why_none(err: Any) -> str:
    """Return why NVML gives no card at all."""
    import pynvml

    on_bus, code = has_nvidia_on_bus(), getattr(err, "value", None)
    if code == pynvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return NO_DRIVER if on_bus else NO_CARD
    if code == pynvml.NVML_ERROR_DRIVER_NOT_LOADED and sys.platform == "linux" and not on_bus:
        return NO_CARD  # the library alone, as in images made for machines with cards
    return _sentence(err, "The NVIDIA card").format(ram=_RAM)


def _sentence(err: Any, card: str) -> str:
    """Return an error as a sentence that still wants to know whether memory is ``{ram}`` now."""
    import pynvml

    code = getattr(err, "value", None)
    for name, words in _SENTENCES.items():
        if code == getattr(pynvml, name):
            return words.replace("{card}", card)
    said = str(err).rstrip(".").replace("{", "(").replace("}", ")") or "no reason given"
    return f"The NVIDIA driver does not answer as it should ({said}){{ram}}."


def has_nvidia_on_bus(bus: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Whether a display controller of NVIDIA's is plugged in; only Linux says so."""
    if sys.platform != "linux":
        return False
    with contextlib.suppress(OSError):
        for device in bus.iterdir():
            vendor = (device / "vendor").read_text().strip()
            if vendor == NVIDIA_VENDOR and (device / "class").read_text().startswith("0x03"):
                return True
    return False


def _read_card(index: int, slot: int, pids: set[int], ram: Ram) -> Gpu:
    """Read one card; what it does not support is left out.

    Raises:
        pynvml.NVMLError: it does not answer at all, as one that has fallen off the bus.
    """
    import pynvml

    handle = pynvml.nvmlDeviceGetHandleByIndex(slot)
    try:
        memory = pynvml.nvmlDeviceGetMemoryInfo(handle)
        total, free, unified = int(memory.total), int(memory.free), False
    except pynvml.NVMLError as err:
        if getattr(err, "value", None) != pynvml.NVML_ERROR_NOT_SUPPORTED:
            raise
        total, free, unified = ram.total, ram.available, True
    holders = _holders(handle, pids)
    ours = sum(holder.bytes or 0 for holder in holders if holder.ours)
    util = _asked("nvmlDeviceGetUtilizationRates", handle)
    return Gpu(
        index=index,
        name=_text(_asked("nvmlDeviceGetName", handle)) or f"NVIDIA card {slot}",
        total_bytes=total,
        free_bytes=free,
        ours_bytes=ours,
        others_bytes=max(total - free - ours, 0),
        holders=holders,
        temperature=_asked("nvmlDeviceGetTemperature", handle, pynvml.NVML_TEMPERATURE_GPU),
        load=util.gpu / 100 if util else None,
        unified=unified,
    )


def _text(name: str | bytes | None) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else name or ""


def _holders(handle: Any, pids: set[int]) -> tuple[Holder, ...]:
    """Return the processes on a card, biggest first; a process may compute and draw."""
    found: dict[int, int | None] = {}
    for call in ("nvmlDeviceGetComputeRunningProcesses", "nvmlDeviceGetGraphicsRunningProcesses"):
        for process in _asked(call, handle) or ():
            used = process.usedGpuMemory  # None under Windows' own memory manager
            found[process.pid] = max(used or 0, found.get(process.pid) or 0) or None
    made = [Holder(pid, process_name(pid), used, pid in pids) for pid, used in found.items()]
    return by_size(made)


def _asked(call: str, *args: Any) -> Any:
    """Ask NVML; None is the answer of cards and systems that do not support the question."""
    import pynvml

    try:
        return getattr(pynvml, call)(*args)
    except pynvml.NVMLError:
        return None


def by_size(holders: Collection[Holder]) -> tuple[Holder, ...]:
    """Return processes, that with the most memory first."""
    return tuple(sorted(holders, key=lambda holder: -(holder.bytes or 0)))


def process_name(pid: int) -> str:
    """Return a process's name; of a script its file's, since all of them are called python."""
    try:
        process = psutil.Process(pid)
        name = str(process.name())
        if name.startswith("python"):
            scripts = (word for word in process.cmdline()[1:] if word.endswith(".py"))
            return Path(next(scripts, name)).name
        return name
    except psutil.Error:
        return f"process {pid}"

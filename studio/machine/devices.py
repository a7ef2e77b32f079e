"""What this computer has and what is free of it now: cards, RAM and disk, as values."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

from studio.machine.cards import NO_CARD, UNIFIED, Gpu, Holder, Ram, by_size, read_cards


@dataclass(frozen=True, slots=True)
class MachineReading:
    """The computer at one moment; sizes in bytes.

    Attributes:
        gpus: the cards that answer, in CUDA's order.
        note: a sentence on why there is no card, or what is particular or amiss with the cards.
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
        """The first card, or None where RAM is the memory."""
        return self.gpus[0] if self.gpus else None

    @property
    def device(self) -> str:
        """Where a run with device "auto" trains: cuda or cpu."""
        return "cuda" if self.gpus else "cpu"

    @property
    def trouble(self) -> str:
        """The note where something is amiss with a card; empty where all is as it should be."""
        return "" if self.note in (NO_CARD, UNIFIED) else self.note

    def shared(self, card: int = 0, cards: int = 1) -> tuple[Gpu, ...]:
        """Return the cards that share a run, from the one it begins with; fewer if not all are here."""
        return self.gpus[card : card + cards]

    def memory(self, device: str = "auto", card: int = 0, cards: int = 1) -> Memory:
        """Return the memory that a run would use; of several cards the one with the least room.

        Args:
            device: "auto", "cuda" or "cpu".
            card: the first of the run's cards; one that is not here gives an empty pool.
            cards: how many share the run.
        """
        if device == "cpu" or not self.gpus:
            others = max(self.ram_total - self.ram_available - self.ram_ours, 0)
            return Memory(
                "RAM", self.ram_total, self.ram_available, self.ram_ours, others, self.ram_holders
            )
        shared = self.shared(card, cards)
        if len(shared) < cards:
            return Memory(f"card {card + len(shared)}, which is not here", 0, 0, 0, 0)
        least = min(shared, key=lambda gpu: gpu.free_bytes)
        return Memory(
            least.name,
            least.total_bytes,
            least.free_bytes,
            least.ours_bytes,
            least.others_bytes,
            least.holders,
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
    gpus, note = read_cards(pids, Ram(ram.total, ram.available))
    return MachineReading(
        gpus=gpus,
        ram_total=ram.total,
        ram_available=ram.available,
        disk_free=_disk_free(disk),
        ram_ours=sum(holder.bytes or 0 for holder in holders),
        ram_holders=holders,
        note=note,
        cpu_bf16=_cpu_has_bf16(),
    )


@cache
def _cpu_has_bf16(facts: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor has instructions for bf16; only Linux says so without torch."""
    with contextlib.suppress(OSError):
        return any(sign in facts.read_text() for sign in ("avx512_bf16", "amx_bf16"))
    return False


def _ram_holders(pids: Collection[int]) -> tuple[Holder, ...]:
    """Return our own processes that are alive, with their resident memory."""
    made = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            made.append(Holder(pid, process.name(), process.memory_info().rss, ours=True))
    return by_size(made)


def _disk_free(place: Path | None) -> int:
    if place is None:
        return 0
    existing: Sequence[Path] = [path for path in (place, *place.parents) if path.exists()]
    with contextlib.suppress(OSError, IndexError):
        return int(psutil.disk_usage(str(existing[0])).free)
    return 0

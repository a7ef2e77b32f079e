"""NVIDIA cards behind NVML's own calls and errors, for machines that have none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pynvml

from studio.machine import cards

GIB = 1024**3


@dataclass(frozen=True)
class Card:
    """What one card answers; ``broken`` gives the error of a call by the call's name."""

    name: str = "RTX 4070"
    total: int = 12 * GIB
    free: int = 8 * GIB
    processes: Mapping[int, int | None] = field(default_factory=dict)
    broken: Mapping[str, int] = field(default_factory=dict)

    def answer(self, call: str) -> Any:
        """Return what NVML answers to a call about this card."""
        if call in self.broken:
            raise pynvml.NVMLError(self.broken[call])
        holds = [SimpleNamespace(pid=p, usedGpuMemory=n) for p, n in self.processes.items()]
        return {
            "nvmlDeviceGetMemoryInfo": SimpleNamespace(total=self.total, free=self.free),
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=25),
            "nvmlDeviceGetName": self.name,
            "nvmlDeviceGetTemperature": 48,
            "nvmlDeviceGetComputeRunningProcesses": holds,
            "nvmlDeviceGetGraphicsRunningProcesses": [],
        }[call]


ABOUT_A_CARD = (
    "nvmlDeviceGetMemoryInfo",
    "nvmlDeviceGetUtilizationRates",
    "nvmlDeviceGetName",
    "nvmlDeviceGetTemperature",
    "nvmlDeviceGetComputeRunningProcesses",
    "nvmlDeviceGetGraphicsRunningProcesses",
)


def fake_nvml(monkeypatch: Any, *there: Card, start: int | None = None) -> None:
    """Put cards behind pynvml until the test is over.

    Args:
        monkeypatch: pytest's.
        there: the cards, by their place on the bus.
        start: the error with which NVML does not even start.
    """

    def begin() -> None:
        if start is not None:
            raise pynvml.NVMLError(start)

    def asked(call: str) -> Any:
        return lambda card, *_: card.answer(call)

    cards._start.cache_clear()
    monkeypatch.setattr(pynvml, "nvmlInit", begin)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: len(there))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda slot: there[slot])
    for call in ABOUT_A_CARD:
        monkeypatch.setattr(pynvml, call, asked(call))

import os

import pytest

from studio.machine import devices
from studio.machine.devices import Gpu, Holder, MachineReading, read_machine

GIB = 1024**3


def test_this_machine_is_read_whatever_it_has(tmp_path):
    reading = read_machine(disk=tmp_path / "not" / "there" / "yet")
    assert reading.ram_total >= reading.ram_available > 0
    assert reading.disk_free > 0
    assert reading.device == ("cuda" if reading.gpus else "cpu")
    assert bool(reading.note) != bool(reading.gpus and not reading.gpus[0].unified)
    memory = reading.memory("cpu")
    assert memory.name == "RAM"
    assert any(holder.pid == os.getpid() and holder.ours for holder in memory.holders)
    assert memory.ours_bytes > 0


def test_a_process_that_is_gone_holds_nothing():
    assert all(holder.pid != 2**22 - 1 for holder in read_machine({2**22 - 1}).ram_holders)


def test_the_memory_of_a_run_is_the_cards_if_there_is_one():
    card = Gpu(0, "RTX", 12 * GIB, 11 * GIB, 0, GIB, (Holder(1, "x", GIB),), 40, 0.1)
    reading = MachineReading((card,), 32 * GIB, 20 * GIB)
    assert reading.device == "cuda"
    assert reading.memory().free_bytes == 11 * GIB
    assert reading.memory("cpu").free_bytes == 20 * GIB
    assert MachineReading((), 32 * GIB, 20 * GIB).memory().others_bytes == 12 * GIB


@pytest.mark.parametrize(
    ("vendor", "kind", "found"),
    [("0x10de", "0x030000", True), ("0x10de", "0x020000", False), ("0x8086", "0x030000", False)],
)
def test_a_card_without_a_driver_is_seen_on_the_bus(tmp_path, monkeypatch, vendor, kind, found):
    monkeypatch.setattr(devices.sys, "platform", "linux")
    slot = tmp_path / "0000:01:00.0"
    slot.mkdir()
    (slot / "vendor").write_text(vendor + "\n")
    (slot / "class").write_text(kind + "\n")
    assert devices._has_nvidia_on_bus(tmp_path) is found
    assert devices._has_nvidia_on_bus(tmp_path / "none") is False


class Nvml:
    """NVML as a machine with two processes on one card answers; ``broken`` answers nothing."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, broken=()):
        self.broken = broken

    def __getattr__(self, call):
        def answer(*args):
            if call in self.broken:
                raise self.NVMLError
            return ANSWERS[call]

        return answer


class Thing:
    def __init__(self, **facts):
        self.__dict__.update(facts)


ANSWERS = {
    "nvmlDeviceGetCount": 1,
    "nvmlDeviceGetHandleByIndex": object(),
    "nvmlDeviceGetMemoryInfo": Thing(total=12 * GIB, free=8 * GIB),
    "nvmlDeviceGetUtilizationRates": Thing(gpu=25),
    "nvmlDeviceGetName": "RTX 4070",
    "nvmlDeviceGetTemperature": 48,
    "nvmlDeviceGetComputeRunningProcesses": [
        Thing(pid=os.getpid(), usedGpuMemory=3 * GIB),
        Thing(pid=2**22 - 1, usedGpuMemory=None),
    ],
    "nvmlDeviceGetGraphicsRunningProcesses": [Thing(pid=os.getpid(), usedGpuMemory=3 * GIB)],
}


def read_card(monkeypatch, broken=()):
    # There is no card here to ask; the calls and their answers are NVML's own.
    monkeypatch.setitem(devices.sys.modules, "pynvml", Nvml(broken))
    return devices._read_gpus({os.getpid()}, 32 * GIB, 20 * GIB)


def test_a_card_is_read_with_what_is_ours_and_what_is_not(monkeypatch):
    (card,) = read_card(monkeypatch)
    assert (card.name, card.temperature, card.load) == ("RTX 4070", 48, 0.25)
    assert (card.ours_bytes, card.others_bytes, card.free_bytes) == (3 * GIB, GIB, 8 * GIB)
    assert [holder.bytes for holder in card.holders] == [3 * GIB, None]


def test_a_card_without_memory_of_its_own_is_told_by_the_ram(monkeypatch):
    (card,) = read_card(monkeypatch, ["nvmlDeviceGetMemoryInfo"])
    assert card.unified
    assert (card.total_bytes, card.free_bytes) == (32 * GIB, 20 * GIB)


def test_what_a_driver_does_not_answer_is_left_out(monkeypatch):
    mute = [
        call for call in ANSWERS if call not in ("nvmlDeviceGetCount", "nvmlDeviceGetHandleByIndex")
    ]
    (card,) = read_card(monkeypatch, mute)
    assert (card.holders, card.temperature, card.load) == ((), None, None)
    assert read_card(monkeypatch, ["nvmlDeviceGetHandleByIndex"]) == ()
    assert read_card(monkeypatch, ["nvmlDeviceGetCount"]) == ()

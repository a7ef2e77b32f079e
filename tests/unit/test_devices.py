import os

import pynvml
import pytest

from studio.machine import cards
from studio.machine.cards import HIDDEN, NO_CARD, NO_DRIVER, UNIFIED, Gpu, Holder, visible
from studio.machine.devices import MachineReading, read_machine
from tests.helpers.fakenvml import Card, fake_nvml

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
    monkeypatch.setattr(cards.sys, "platform", "linux")
    slot = tmp_path / "0000:01:00.0"
    slot.mkdir()
    (slot / "vendor").write_text(vendor + "\n")
    (slot / "class").write_text(kind + "\n")
    assert cards.has_nvidia_on_bus(tmp_path) is found
    assert cards.has_nvidia_on_bus(tmp_path / "none") is False


@pytest.fixture
def nvml(monkeypatch):
    """Give what puts cards behind NVML's own calls; there is none here to ask."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    yield lambda *there, **broken: fake_nvml(monkeypatch, *there, **broken)
    cards._start.cache_clear()


def test_a_card_is_read_with_what_is_ours_and_what_is_not(nvml):
    nvml(Card(processes={os.getpid(): 3 * GIB, 2**22 - 1: None}))
    reading = read_machine()
    (card,) = reading.gpus
    assert (card.name, card.temperature, card.load) == ("RTX 4070", 48, 0.25)
    assert (card.ours_bytes, card.others_bytes, card.free_bytes) == (3 * GIB, GIB, 8 * GIB)
    assert [holder.bytes for holder in card.holders] == [3 * GIB, None]
    assert (reading.note, reading.trouble, reading.device) == ("", "", "cuda")


def test_a_card_without_memory_of_its_own_is_told_by_the_ram(nvml):
    nvml(Card(broken={"nvmlDeviceGetMemoryInfo": pynvml.NVML_ERROR_NOT_SUPPORTED}))
    reading = read_machine()
    (card,) = reading.gpus
    assert card.unified
    assert (reading.note, reading.trouble) == (UNIFIED, "")
    assert card.total_bytes == reading.ram_total
    assert card.free_bytes == reading.ram_available


def test_what_a_driver_does_not_support_is_left_out(nvml):
    mute = ("Name", "Temperature", "UtilizationRates", "ComputeRunningProcesses")
    broken = {f"nvmlDeviceGet{name}": pynvml.NVML_ERROR_NOT_SUPPORTED for name in mute}
    nvml(Card(broken=broken))
    (card,) = read_machine().gpus
    assert (card.name, card.holders) == ("NVIDIA card 0", ())
    assert (card.temperature, card.load) == (None, None)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (pynvml.NVML_ERROR_DRIVER_NOT_LOADED, "installed but not loaded: memory is RAM."),
        (pynvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH, "was updated while the computer ran"),
        (pynvml.NVML_ERROR_NO_PERMISSION, "may not use the NVIDIA card: memory is RAM."),
        (pynvml.NVML_ERROR_GPU_IS_LOST, "fallen off the bus: memory is RAM."),
        (pynvml.NVML_ERROR_RESET_REQUIRED, "has to be reset"),
        (pynvml.NVML_ERROR_INSUFFICIENT_POWER, "too little power"),
        (pynvml.NVML_ERROR_IRQ_ISSUE, "interrupts"),
        (pynvml.NVML_ERROR_OPERATING_SYSTEM, "operating system keeps"),
        (pynvml.NVML_ERROR_TIMEOUT, "(Timeout)"),
    ],
)
def test_each_error_of_the_driver_is_a_sentence_of_its_own(nvml, monkeypatch, error, told):
    monkeypatch.setattr(cards, "has_nvidia_on_bus", lambda: True)
    nvml(Card(), start=error)
    reading = read_machine()
    assert told in reading.note
    assert "{" not in reading.note
    assert reading.note == reading.trouble
    assert (reading.gpus, reading.device) == ((), "cpu")


def test_a_missing_library_is_told_by_what_is_plugged_in(nvml, monkeypatch):
    nvml(start=pynvml.NVML_ERROR_LIBRARY_NOT_FOUND)
    monkeypatch.setattr(cards, "has_nvidia_on_bus", lambda: True)
    assert read_machine().note == NO_DRIVER
    monkeypatch.setattr(cards, "has_nvidia_on_bus", lambda: False)
    assert read_machine().note == NO_CARD
    nvml()
    assert read_machine().note == NO_CARD


def test_a_driver_that_comes_to_life_is_seen_at_the_next_reading(nvml):
    nvml(Card(), start=pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
    assert read_machine().gpus == ()
    nvml(Card())
    assert len(read_machine().gpus) == 1


def test_of_two_cards_the_one_that_is_lost_is_named_and_the_other_trains(nvml):
    lost = {"nvmlDeviceGetMemoryInfo": pynvml.NVML_ERROR_GPU_IS_LOST}
    nvml(Card(), Card(name="RTX 4090", broken=lost))
    reading = read_machine()
    assert [card.name for card in reading.gpus] == ["RTX 4070"]
    assert reading.note.startswith("NVIDIA card 1 no longer answers: it has fallen off the bus. ")
    nvml(Card(broken=lost))
    assert read_machine().note.startswith("NVIDIA card 0 no longer answers")
    assert "memory is RAM" in read_machine().note


def test_cards_are_numbered_as_cuda_is_told_to_show_them(nvml, monkeypatch):
    nvml(Card(name="a"), Card(name="b"), Card(name="c"))
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,0")
    assert [(card.index, card.name) for card in read_machine().gpus] == [(0, "c"), (1, "a")]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert read_machine().note == HIDDEN
    assert visible(None, 2) == (0, 1)
    assert visible("1,7,0", 2) == (1,)
    assert visible("GPU-5a, 1", 2) == (0, 1)


def test_of_cards_that_share_a_run_the_fullest_decides():
    cards_here = tuple(Gpu(n, f"card {n}", 24 * GIB, free * GIB) for n, free in enumerate((20, 9)))
    reading = MachineReading(cards_here, 64 * GIB, 50 * GIB)
    assert reading.memory("auto", card=1).name == "card 1"
    assert reading.memory("auto", cards=2).free_bytes == 9 * GIB
    assert reading.memory("auto", cards=3).total_bytes == 0
    assert reading.memory("cuda", card=2).name == "card 2, which is not here"
    assert reading.memory("cpu", card=2).name == "RAM"


def test_scripts_go_by_their_file_since_all_of_them_are_called_python():
    assert cards.process_name(os.getpid()) != ""
    assert cards.process_name(2**22 - 1) == f"process {2**22 - 1}"

"""The watch tells real readings from a thread and leaves nothing behind."""

import os
from pathlib import Path

from pytestqt.qtbot import QtBot

from studio.app.machinewatch import MachineWatch
from studio.machine.devices import MachineReading


def test_it_reads_this_machine_and_stops(qtbot: QtBot, tmp_path: Path):
    watch = MachineWatch(tmp_path)
    assert watch.reading is None
    with qtbot.waitSignal(watch.read, timeout=10_000) as told:
        watch.warm()
        watch.warm()
    reading = told.args[0]
    assert isinstance(reading, MachineReading)
    assert watch.reading is reading
    assert reading.ram_total > reading.ram_available > 0
    assert reading.disk_free > 0
    watch.close()
    watch.close()


def test_a_process_counts_as_ours_from_the_next_reading_on(qtbot: QtBot):
    watch = MachineWatch()
    watch.set_ours("parent", os.getppid())
    with qtbot.waitSignal(watch.read, timeout=10_000):
        watch.warm()
    assert watch.reading is not None
    assert os.getppid() in {holder.pid for holder in watch.reading.ram_holders}
    watch.set_ours("parent", None)
    qtbot.waitUntil(
        lambda: (
            os.getppid()
            not in {h.pid for h in (watch.reading or MachineReading((), 0, 0)).ram_holders}
        ),
        timeout=10_000,
    )
    watch.close()

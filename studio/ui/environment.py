"""What this computer brings, as four facts in a row: card, 4-bit, disk, network."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.studio import Studio
from studio.core.units import GIB, file_size
from studio.machine.devices import MachineReading
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.menus import show_doctor
from studio.ui.statusstrip import short_device
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, plain_tip

NEEDED_BYTES = 1_000_000_000
"""Room for the starter model, its cache and a first run with two checkpoints."""


class Fact(QWidget):
    """An icon, a bold fact and one muted line."""

    def __init__(self, icon: str) -> None:
        super().__init__()
        self._icon = IconLabel(icon, "muted", 18)
        self._what = Elided("", Role.SMALL, "text")
        self._what.setFont(fonts.font(Role.SMALL, fonts.MEDIUM))
        self._sense = Elided("", Role.CAPTION)
        row = QHBoxLayout(self)
        fill(row, gap=11)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(fill(QVBoxLayout(), self._what, self._sense, gap=1), 1)

    def say(self, icon: str, tone: str, what: str, sense: str) -> None:
        """Show a fact and what follows from it."""
        self._icon.set_icon(icon, tone)
        self._what.setText(what)
        self._sense.setText(sense)
        self.setAccessibleName(f"{what}, {sense}")


class EnvironmentStrip(Card):
    """Four facts and a button to the doctor; follows the machine while it is shown."""

    def __init__(self, studio: Studio) -> None:
        super().__init__()
        self._studio = studio
        self.setAccessibleName("This computer")
        self._card, self._bits = Fact("gpu"), Fact("clock")
        self._disk, self._network = Fact("disk"), Fact("offline")
        self.details_button = Button("Details", compact=True)
        self.details_button.clicked.connect(
            lambda: show_doctor(self.window(), studio.workspace.path)
        )
        row = fill(QHBoxLayout(), gap=24, edge=(17, 10, 16, 10))
        for fact in (self._card, self._bits, self._disk, self._network):
            row.addWidget(fact, 1)
        row.addWidget(self.details_button)
        self.body.addLayout(row)
        self._card.say("gpu", "muted", "Reading the machine", "card and memory")
        self._bits.say("clock", "muted", "4-bit training", "Details tries one real step")
        self._disk.say("disk", "muted", "Disk", "reading")
        self._network.say("offline", "accent", "Offline", "asks before any download")
        studio.machine.read.connect(self._on_read)
        if studio.machine.reading is not None:
            self._on_read(studio.machine.reading)

    def _on_read(self, reading: MachineReading) -> None:
        pool, card = reading.memory(), reading.gpu
        total, free = (n / GIB for n in (pool.total_bytes, pool.free_bytes))
        if card is not None:
            self._card.say(
                "gpu", "accent", short_device(card.name), f"{total:.1f} GiB, {free:.1f} free"
            )
        else:
            sense = f"{free:.1f} GiB RAM free"
            told = ("warning", "warning", "Card cannot be used") if reading.trouble else None
            self._card.say(*(told or ("gpu", "muted", "No NVIDIA card")), sense)
            self._card.setToolTip(plain_tip(reading.trouble))
        enough = reading.disk_free >= NEEDED_BYTES
        tone = "accent" if enough else "warning"
        free_words = f"{file_size(reading.disk_free)} free"
        self._disk.say("disk", tone, free_words, "needs about 1 GB")

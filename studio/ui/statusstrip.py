"""The status strip: memory, the run in progress and the network; every part is a button."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QWidget

from studio.core.units import GIB, duration, file_size, percent
from studio.machine.cards import Gpu
from studio.machine.devices import MachineReading
from studio.ui.look import fonts, tokens
from studio.ui.look.fonts import Role
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.parts import IconLabel, fill, label, line, plain_tip

if TYPE_CHECKING:
    from studio.app.runstore import RunStore
    from studio.core.protocol import Progress
    from studio.core.runstate import RunState

BOOTING, ENDING = "Starting the engine", "The engine is ending"
WIDTH_NAME = 150
"""Px of a run's name; the narrowest window has no room for more."""
_DROPPED = ("NVIDIA GeForce ", "NVIDIA ", "AMD ", "Intel ")


class StatusPart(QAbstractButton):
    """A part of the strip: icon, words and a meter in one button."""

    def __init__(self, name: str, icon: str, meter_width: int = 0) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.icon_label = IconLabel(icon)
        self.bold = label("", Role.SMALL, fonts.MEDIUM)
        self.meter = Meter(name, meter_width) if meter_width else None
        self.number = label("", Role.SMALL, fonts.MEDIUM)
        self.words = label("", Role.SMALL, tone="muted")
        shown: list[QWidget] = [self.icon_label, self.bold]
        shown += [self.meter] if self.meter else []
        row = fill(QHBoxLayout(self), *shown, gap=7)
        row.addLayout(fill(QHBoxLayout(), self.number, self.words, gap=4))
        for child in self.findChildren(QWidget):
            child.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def sizeHint(self) -> QSize:
        row = self.layout()
        assert row is not None
        return row.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint nothing: the parts of the button paint themselves."""

    def say(self, bold: str, number: str, words: str) -> None:
        """Show words; empty parts take no room."""
        for part, text in ((self.bold, bold), (self.number, number), (self.words, words)):
            part.setText(text)
            part.setVisible(bool(text))
        self.setAccessibleDescription(" ".join(text for text in (bold, number, words) if text))


class StatusStrip(QFrame):
    """What the machine, the run and the network do, in one line.

    Signals:
        page_requested(str): the user wants the page that a part is about.
    """

    page_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusStrip")
        self.setAccessibleName("Status")
        self.setFixedHeight(tokens.HEIGHT_STATUS)
        self.memory = StatusPart("Memory", "gpu", 150)
        self.run = StatusPart("Run", "train", 110)
        self.network = StatusPart("Network", "offline")
        pages = ((self.memory, "Model"), (self.run, "Train"), (self.network, "Settings"))
        for part, page in pages:
            part.clicked.connect(lambda _=False, page=page: self.page_requested.emit(page))
        row = QHBoxLayout(self)
        fill(
            row,
            self.memory,
            line(vertical=True),
            None,
            self.run,
            line(vertical=True),
            self.network,
            gap=14,
        )
        row.setContentsMargins(12, 0, 20, 0)
        self.show_run("", None)
        self.show_download(None)
        self.memory.say("", "", "Reading the machine")

    def show_machine(self, reading: MachineReading) -> None:
        """Show the memory that a run would use."""
        pool = reading.memory()
        ours, others, free = (
            n / GIB for n in (pool.ours_bytes, pool.others_bytes, pool.free_bytes)
        )
        assert self.memory.meter is not None
        total = max(pool.total_bytes, 1)
        self.memory.meter.set_shares(pool.ours_bytes / total, pool.others_bytes / total)
        words = f"ours · {others:.1f} others · {free:.1f} GiB free"
        self.memory.say(short_device(pool.name), f"{ours:.1f}", words)
        self.memory.setToolTip(plain_tip(_machine_tip(reading)))

    def show_live(self, live: RunStore | None) -> None:
        """Show the run that an engine works on, also one that begins anew or leaves."""
        if live is not None and live.is_booting:
            self.show_run(live.title, live.state, BOOTING)
        elif live is not None and live.is_ending:
            self.show_run(live.title, live.state, ENDING)
        else:
            self.show_run(live.title if live else "", live.state if live else None)

    def show_run(self, title: str, state: RunState | None, words: str = "") -> None:
        """Show the run that an engine works on; None says that there is none.

        Args:
            title: of the run.
            state: of it, as far as it has told.
            words: what the engine does that it cannot tell itself.
        """
        assert self.run.meter is not None
        going = state is not None and (bool(words) or not state.final)
        self.run.meter.setVisible(going)
        self.run.icon_label.set_icon("train", "accent" if going else "muted")
        if state is None or not going:
            self.run.say("", "", "No run in progress")
            self.run.setToolTip("")
            return
        self.run.meter.set_shares(state.step / state.total_steps if state.total_steps else 0.0)
        name = self.run.bold.fontMetrics().elidedText(
            title, Qt.TextElideMode.ElideMiddle, WIDTH_NAME
        )
        self.run.say(name, "", words or _run_words(state))
        self.run.setToolTip(plain_tip(title))

    def show_download(self, progress: Progress | None) -> None:
        """Say how far a download is; None says that nothing uses the network."""
        self.network.icon_label.set_icon("download" if progress else "offline", "muted")
        if progress is None:
            self.network.say("", "", "Offline")
        elif progress.total:
            done, total = file_size(progress.done), file_size(progress.total)
            self.network.say("", done, f"of {total} downloaded")
        else:
            self.network.say("", "", progress.what)


def short_device(name: str) -> str:
    """Return a card's name as people call it."""
    for maker in _DROPPED:
        name = name.removeprefix(maker)
    return name


def _run_words(state: RunState) -> str:
    if not state.total_steps or not state.step:
        return state.detail or state.state.value.capitalize()
    left = state.seconds_left
    words = f"{state.step:,} of {state.total_steps:,}"
    return f"{words} · {duration(left)} left" if left is not None else words


def _card_words(gpu: Gpu) -> str:
    """Return a card's memory, warmth and load: "RTX 4070: 12.0 GiB, 48 °C, 3 % busy"."""
    warm = f", {gpu.temperature} °C" if gpu.temperature is not None else ""
    busy = f", {percent(gpu.load)} busy" if gpu.load is not None else ""
    return f"{gpu.name}: {gpu.total_bytes / GIB:.1f} GiB{warm}{busy}"


def _machine_tip(reading: MachineReading) -> str:
    pool = reading.memory()
    lines = [f"{pool.name}: {pool.total_bytes / GIB:.1f} GiB"] if not reading.gpus else []
    lines += [_card_words(gpu) for gpu in reading.gpus]
    holders = [h for h in pool.holders if h.bytes][:4]
    lines += [f"{h.name}: {(h.bytes or 0) / GIB:.1f} GiB" for h in holders]
    return "\n".join([*lines, *([reading.note] if reading.note else [])])

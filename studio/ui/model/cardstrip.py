"""Which of several cards trains: each with what is free on it, how warm and how busy it is."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QWidget

from studio.core.units import GIB, percent
from studio.machine.cards import Gpu
from studio.ui.look.fonts import Role
from studio.ui.statusstrip import short_device
from studio.ui.widgets.meter import Meter
from studio.ui.widgets.methodcard import Radio
from studio.ui.widgets.parts import Elided, fill, plain_tip

WIDE, NARROW = 2, 1
"""Cards beside each other."""
METER = 72


class CardLine(QWidget):
    """One card: a radio with its name, a meter, and words."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.radio = Radio("")
        self.meter = Meter(f"Memory of card {number}", METER)
        self._words = Elided("", Role.SMALL)
        row = fill(QHBoxLayout(self), self.radio, self.meter, gap=10)
        row.addWidget(self._words, 1)

    def show_card(self, gpu: Gpu, *, chosen: bool, shares: bool) -> None:
        """Show a card as it is now; one that shares the run with others says so."""
        name = f"Card {gpu.index}: {short_device(gpu.name)}"
        if self.radio.text() != name:
            self.radio.setText(name)
            self.radio.updateGeometry()
        self.radio.setChecked(chosen)
        total = max(gpu.total_bytes, 1)
        self.meter.set_shares(gpu.ours_bytes / total, gpu.others_bytes / total)
        free = f"{gpu.free_bytes / GIB:.1f} of {gpu.total_bytes / GIB:.1f} GiB free"
        words = " · ".join(filter(None, (free, state_words(gpu), "shares the run" * shares)))
        self._words.setText(words)
        self.radio.setAccessibleName(name)
        self.radio.setAccessibleDescription(words)
        holders = (f"{h.name}: {(h.bytes or 0) / GIB:.1f} GiB" for h in gpu.holders if h.bytes)
        self.setToolTip(plain_tip("\n".join([f"{name}, {words}", *holders])))


class CardStrip(QWidget):
    """The cards of a computer that has several; hidden where there is no choice.

    Signals:
        chosen(int): the user wants the run on this card.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Cards")
        self.lines: list[CardLine] = []
        self._group = QButtonGroup(self)
        self._group.idClicked.connect(self.chosen)
        self._small = False
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(28)
        self._grid.setVerticalSpacing(4)
        self.hide()

    def show_cards(self, gpus: Sequence[Gpu], card: int, cards: int = 1) -> None:
        """Show the cards of a computer.

        Args:
            gpus: all of them.
            card: the number of the one that trains, or of the first that does.
            cards: how many share the run.
        """
        while len(self.lines) < len(gpus):
            made = CardLine(len(self.lines))
            self._group.addButton(made.radio, len(self.lines))
            self.lines.append(made)
            self._place()
        for at, each in enumerate(self.lines):
            each.setVisible(at < len(gpus))
        for at, gpu in enumerate(gpus):
            shares = cards > 1 and card <= at < card + cards
            self.lines[at].show_card(gpu, chosen=at == card, shares=shares)
        self.setVisible(len(gpus) > 1)

    def set_small(self, small: bool) -> None:
        """Put the cards below each other in a narrow window."""
        self._small = small
        self._place()

    def _place(self) -> None:
        across = NARROW if self._small else WIDE
        for at, each in enumerate(self.lines):
            self._grid.addWidget(each, *divmod(at, across))
        for column in range(WIDE):
            self._grid.setColumnStretch(column, int(column < across))


def state_words(gpu: Gpu) -> str:
    """Return how warm and how busy a card is: "48 °C, 25 % busy"; empty where it does not say."""
    warm = f"{gpu.temperature}\u00a0°C" if gpu.temperature is not None else ""
    busy = f"{percent(gpu.load)} busy" if gpu.load is not None else ""
    return ", ".join(filter(None, (warm, busy)))

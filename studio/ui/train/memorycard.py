"""The measured peak of a run beside its prediction."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QVBoxLayout

from studio.app.runstore import RunStore
from studio.core.units import GIB, NO_VALUE
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.figure import Figure
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.meter import PeakMeter
from studio.ui.widgets.parts import fill, label


class MemoryCard(Card):
    """Two readings and a bar; the badge judges them."""

    def __init__(self) -> None:
        self.badge = Badge()
        self.spoken = ""
        super().__init__("Memory", "", self.badge)
        self.plain()
        self._measured, measured = _reading("Measured peak", "text")
        self._predicted, predicted = _reading("Predicted", "muted")
        readings = QHBoxLayout()
        fill(readings, gap=12)
        readings.addLayout(measured, 1)
        readings.addLayout(predicted, 1)
        self._meter = PeakMeter()
        column = fill(QVBoxLayout(), readings, self._meter, gap=4, edge=(14, 0, 14, 10))
        self.body.addLayout(column)

    def show_run(self, store: RunStore, total_bytes: int) -> None:
        """Show a run; total_bytes is the size of the card, or of RAM, 0 if it is not known."""
        state, predicted = store.state, store.predicted
        measured = state.measured_peak_bytes or state.memory_bytes
        peak = state.predicted_peak_bytes or predicted["peak"]
        low, high = predicted["low"] or peak, predicted["high"] or peak
        self._measured[0].say(f"{measured / GIB:.2f}" if measured else NO_VALUE)
        self._measured[1].setText("GiB" if measured else "")
        self._predicted[0].say(f"{peak / GIB:.2f}" if peak else NO_VALUE)
        between = f", {low / GIB:.1f} to {high / GIB:.1f}" if low < high else ""
        self._predicted[1].setText(f"GiB{between}" if peak else "")
        self._meter.set_values(
            measured / GIB,
            (low / GIB, high / GIB),
            peak / GIB,
            max(total_bytes, 1.15 * max(measured, high)) / GIB,
        )
        self._judge(measured, low, high, running=store.alive)
        said = f"Peak {self._measured[0].text()} GiB" if measured else "Peak not measured yet"
        self.spoken = f"{said}, predicted {self._predicted[0].text()}" if peak else said

    def _judge(self, measured: int, low: int, high: int, *, running: bool) -> None:
        if not measured or not high:
            self.badge.say("", "", "plain")
        elif measured > high:
            self.badge.say("warning", "above prediction", "warning")
        elif measured >= low:
            self.badge.say("check", "as predicted", "good")
        elif running:
            self.badge.say("clock", "so far", "plain")
        else:
            self.badge.say("check", "below prediction", "good")


def _reading(name: str, tone: str) -> tuple[tuple[Figure, QLabel], QBoxLayout]:
    """Return number and unit, and the layout that shows them below a name."""
    value = Figure(Role.TITLE, fonts.BOLD, tone)
    unit = label("", Role.SMALL, tone="muted")
    number = fill(QHBoxLayout(), gap=4)
    unit.setContentsMargins(0, 6, 0, 0)  # so that both stand on one line
    for part in (value, unit):
        number.addWidget(part)
    number.addStretch(1)
    caption = label(name, Role.CAPTION, tone="muted")
    return (value, unit), fill(QVBoxLayout(), caption, number, gap=0)

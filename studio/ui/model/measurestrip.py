"""The foot of the plan: the offer to measure, a measurement on its way, and what came of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.measuring import Outcome
from studio.core.problems import StudioError
from studio.core.protocol import Progress
from studio.core.units import GIB
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.measurewords import OFFER, facts, headline, verdict_word, within
from studio.ui.widgets.meter import Meter, PeakMeter
from studio.ui.widgets.parts import Button, IconLabel, fill, label, line, plain_tip, prose

_SIGNS = {"okay": ("okay", "accent"), "less": ("okay", "accent"), "more": ("warning", "warning")}


class MeasureStrip(QWidget):
    """Shows one of four states; asks for what its buttons say.

    Signals:
        measure_requested(): take real steps.
        cancel_requested(): end the measurement.
        history_requested(): show how right the predictions were.
    """

    measure_requested = Signal()
    cancel_requested = Signal()
    history_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Measurement")
        self._icon = IconLabel("gauge")
        self._words = label("", Role.BODY, fonts.MEDIUM)
        self._words.setWordWrap(True)
        self._detail = prose("")
        self._progress = Meter("Measurement", 140)
        self._peak = PeakMeter()
        self.history = Button("How right was it", "compare", compact=True)
        self.history.setToolTip(plain_tip("Predicted beside measured, for every run here"))
        self.measure = Button("Measure", "measure", compact=True)
        self.cancel = Button("Cancel", "close", compact=True)
        self.cancel.setAccessibleName("Cancel the measurement")
        self.history.clicked.connect(self.history_requested)
        self.measure.clicked.connect(self.measure_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        said = fill(QVBoxLayout(), self._words, self._detail, gap=2)
        self._row = row = QHBoxLayout()
        fill(row, gap=8)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(said, 1)
        row.addWidget(self._progress, 0, Qt.AlignmentFlag.AlignVCenter)
        for part in (self.history, self.measure, self.cancel):
            row.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        fill(column, line(), row, self._peak, gap=8, edge=(15, 0, 15, 12))
        self.show_offer("")

    def show_offer(self, why_not: str) -> None:
        """Offer a measurement; a sentence says why there can be none now."""
        self._show("gauge", "muted", "", why_not or OFFER)
        self.measure.setText("Measure")
        self.measure.setEnabled(not why_not)
        self.measure.setToolTip(plain_tip(why_not))

    def show_progress(self, progress: Progress) -> None:
        """Show how far a measurement is."""
        self._show("gauge", "muted", f"{progress.what}…", "Two real steps on the longest rows.")
        self._progress.set_shares(progress.done / progress.total if progress.total else 0.0)
        self._progress.show()
        self.measure.hide()
        self.history.hide()
        self.cancel.show()

    def show_outcome(self, outcome: Outcome, memory_bytes: int, why_not: str) -> None:
        """Show measured beside predicted.

        Args:
            outcome: what came of the measurement.
            memory_bytes: of the card or the RAM; 0 if it is not known.
            why_not: why it cannot be measured again now; empty if it can.
        """
        self._show(*_SIGNS[verdict_word(outcome)], headline(outcome), " ".join(facts(outcome)))
        low, high = (size / GIB for size in within(outcome.predicted))
        measured, point = outcome.measured.peak_bytes / GIB, outcome.predicted.total_bytes / GIB
        room = max(memory_bytes / GIB, 1.15 * max(measured, high))
        self._peak.set_values(measured, (low, high), point, min(room, 3 * max(measured, high)))
        self._peak.show()
        self._offer_again(why_not)

    def show_problem(self, problem: StudioError, why_not: str) -> None:
        """Say why there is no measurement, and what to do."""
        self._show("error", "danger", problem.summary, problem.hint)
        self._offer_again(why_not)

    def _offer_again(self, why_not: str) -> None:
        self.measure.setText("Measure again")
        self.measure.setEnabled(not why_not)
        self.measure.setToolTip(plain_tip(why_not))

    def _show(self, icon: str, tone: str, words: str, detail: str) -> None:
        self._icon.set_icon(icon, tone)
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._detail.setText(detail)
        self._detail.setVisible(bool(detail))
        flags = Qt.AlignmentFlag
        self._row.setAlignment(self._icon, flags.AlignTop if words else flags.AlignVCenter)
        for part in (self._progress, self._peak, self.cancel):
            part.hide()
        self.measure.show()
        self.history.show()
        self.setAccessibleDescription(f"{words} {detail}".strip())

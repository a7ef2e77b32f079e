"""How right the predictions were on this computer: a plot, what it comes to, what is counted in."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.core.peakrecord import PeakRecord
from studio.ui.dialogs.frame import Dialog
from studio.ui.look.fonts import Role
from studio.ui.model.peakplot import PeakPlot
from studio.ui.widgets.emptystate import EmptyState
from studio.ui.widgets.parts import fill, label, prose
from studio.ui.widgets.plotstyle import Legend

SIZE = (720, 560)
NOTHING = "Nothing is measured yet"
HOW = "Every run adds a point when it ends; Measure adds one without a run."


class PeakDialog(Dialog):
    """Shows the records of this computer.

    Args:
        parent: the page.
        records: in any order.
        usual: what is counted into predictions of the settings at hand; empty for nothing.
    """

    def __init__(self, parent: QWidget | None, records: Sequence[PeakRecord], usual: str) -> None:
        super().__init__(parent, "How right was it", summary(records))
        self.resize(*SIZE)
        self.plot = PeakPlot()
        if records:
            self.plot.set_records(records)
            legend = Legend(("leaf", "run"), ("clay", "two steps"))
            across = label(
                "predicted across, measured up, both logarithmic", Role.CAPTION, tone="muted"
            )
            self.body.addLayout(fill(QHBoxLayout(), legend, None, across, gap=8))
            self.body.addWidget(self.plot, 1)
        else:
            self.body.addWidget(EmptyState(NOTHING, HOW), 1)
        if usual:
            self.body.addWidget(prose(usual))
        self.add_act("Close")


def summary(records: Sequence[PeakRecord]) -> str:
    """Return how far measured peaks were from what was shown, in a sentence or two."""
    if not records:
        return ""
    errors = [100 * abs(record.off) for record in records]
    if len(records) == 1:
        said = "One peak was measured on this computer. "
        return f"{said}It was {errors[0]:.1f}\u00a0% off what was predicted."
    said = f"{len(records):,} peaks were measured on this computer. Half of the predictions were within"
    said += f" {median(errors):.1f}\u00a0%, all within {max(errors):.1f}\u00a0%."
    under = max(record.off for record in records)
    return (
        f"{said} The most that one took beyond it is {100 * under:.1f}\u00a0%."
        if under > 0
        else said
    )

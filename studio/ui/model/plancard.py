"""The plan card: does it fit, what takes the memory, and what to change if it does not."""

from __future__ import annotations

from textwrap import shorten

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.secondopinion import Opinion
from studio.core.units import GIB, NO_VALUE
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.model.cardstrip import CardStrip
from studio.ui.model.planview import Prospect
from studio.ui.model.soonerbox import SoonerBox
from studio.ui.model.waysoutlist import WaysOutList
from studio.ui.widgets.card import Card
from studio.ui.widgets.memorybar import MemoryBar
from studio.ui.widgets.memorylegend import MemoryLegend
from studio.ui.widgets.memoryparts import MemoryPlan
from studio.ui.widgets.parts import (
    Button,
    Elided,
    IconLabel,
    fill,
    label,
    line,
    plain_tip,
    prose,
    restyle,
)

OPINION = 48
"""Characters of an opinion on the card; the whole is in its tooltip."""
SIGNS = {
    "fits": ("okay", "accent"),
    "tight": ("warning", "warning"),
    "no": ("error", "danger"),
    "": ("info", "muted"),
}


def _sign_of(opinion: Opinion) -> tuple[str, str]:
    """Return the icon and the tone of an opinion."""
    if opinion.pending:
        return "clock", "muted"
    if opinion.fault:
        return "info", "muted"
    return ("warning", "warning") if opinion.apart else ("shield", "accent")


class Reading(QWidget):
    """A number set like an instrument's: name, value with unit, one comparison."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._value = label(NO_VALUE, Role.TITLE, fonts.BOLD)
        self._unit = label("", Role.SMALL, tone="muted")
        self._below = label("", Role.CAPTION, tone="muted")
        number = fill(QHBoxLayout(), gap=4)
        for part in (self._value, self._unit):
            number.addWidget(part, 0, Qt.AlignmentFlag.AlignBaseline)
        number.addStretch(1)
        caption = label(name, Role.CAPTION, tone="muted")
        fill(QVBoxLayout(self), caption, number, self._below, None, gap=0, edge=(4, 0, 12, 0))
        self.setMinimumWidth(92)

    def say(self, value: str, unit: str = "", below: str = "", tone: str = "") -> None:
        """Show another value; tone is a colour token or empty."""
        self._value.setText(value)
        self._unit.setText(unit)
        self._below.setText(below)
        if self._value.property("tone") != tone:
            self._value.setProperty("tone", tone)
            restyle(self._value)
        self.setAccessibleName(self._name)
        self.setAccessibleDescription(f"{value} {unit}, {below}".strip(", "))


class PlanCard(Card):
    """The verdict with its reasons; shows what it is given and asks for changes.

    Signals:
        applied(object): the user wants a WayOut.
        budget_chosen(object): the user wants to fit into so many bytes; None for what is free.
        fit_asked(bool): the user wants to see ways into less memory, or no more.
        recipe_requested(): the user wants to see the recipe as text.
        rows_wanted(): the user wants the rows measured again.
    """

    applied = Signal(object)
    budget_chosen = Signal(object)
    fit_asked = Signal(bool)
    recipe_requested = Signal()
    rows_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Predicted memory")
        self._sign = IconLabel("info", "muted", 22)
        self._headline = label("", Role.TITLE, fonts.BOLD)
        self._headline.setWordWrap(True)
        self._reason = prose("")
        self._peak, self._free = Reading("Predicted peak"), Reading("Free now")
        self._time, self._disk = Reading("Time"), Reading("Disk")
        self.bar, self.legend, self.cards = MemoryBar(), MemoryLegend(), CardStrip()
        self._plan = MemoryPlan((), 0.0, (0.0, 0.0))
        self._legend_follows = QTimer(self, singleShot=True, interval=0)  # when the bar is painted
        self._legend_follows.timeout.connect(lambda: self.legend.set_plan(self._plan))
        self.ways = WaysOutList()
        self.ways.applied.connect(self.applied)
        self.ways.budget_chosen.connect(self.budget_chosen)
        self.sooner = SoonerBox()
        self.sooner.applied.connect(self.applied)
        self._remark_icon = IconLabel("info")
        self._remark = Elided("")
        self._again = Button("Try again", "reset", compact=True)
        self._again.setToolTip("Measures the rows again")
        self._again.clicked.connect(self.rows_wanted)
        self._opinion_icon = IconLabel("shield")
        self._opinion = label("", Role.SMALL, tone="muted")
        self.set_opinion(None)
        self._recipe = Button("Recipe as TOML", "copy", compact=True)
        self._recipe.clicked.connect(self.recipe_requested)
        self.fit = Button("Fit into…", "fit", compact=True)
        self.fit.setCheckable(True)
        self.fit.setToolTip("Plans for another amount of memory")
        self.fit.toggled.connect(self.fit_asked)
        self.hurry = Button("Finish before…", "clock", compact=True)
        self.hurry.setCheckable(True)
        self.hurry.setToolTip("Plans that end before a time of day")
        self._foot_line = line()
        bar = (self.cards, self.bar, self.legend, self._foot_line)
        items = (self._head(), *bar, self.ways, self.sooner, self._foot())
        self.body.addLayout(fill(QVBoxLayout(), *items, gap=10, edge=(15, 13, 15, 11)))

    def _head(self) -> QHBoxLayout:
        words = fill(QVBoxLayout(), self._headline, self._reason, None, gap=2)
        head = QHBoxLayout()
        fill(head, gap=12)
        head.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        for reading in self._readings():
            head.addWidget(line(vertical=True))
            head.addWidget(reading)
        return head

    def _readings(self) -> tuple[Reading, ...]:
        return self._peak, self._free, self._time, self._disk

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        fill(row, self._remark_icon, gap=8)
        row.addWidget(self._remark, 1)
        fill(row, self._again, gap=8)
        fill(row, self._opinion_icon, self._opinion, gap=8)
        fill(row, self.hurry, self.fit, self._recipe, gap=8)
        return row

    def set_small(self, small: bool) -> None:
        """Wrap the legend in a narrow window."""
        self.legend.set_small(small)
        self.cards.set_small(small)

    def set_time(self, value: str, below: str) -> None:
        """Show how long the run would take, or that it is not known."""
        self._time.say(value, "", below)

    def set_disk(self, value: str, unit: str = "", below: str = "") -> None:
        """Show what a run's checkpoints and its adapter take on the disk."""
        self._disk.say(value, unit, below)

    def set_remark(self, text: str, *, failed: bool = False) -> None:
        """Say one thing about the data, empty for nothing; it may be why it was not read."""
        self._remark_icon.setVisible(bool(text))
        self._remark_icon.set_icon(*(("warning", "warning") if failed else ("info", "muted")))
        self._remark.setText(text)
        self._again.setVisible(failed)

    def set_opinion(self, opinion: Opinion | None) -> None:
        """Say what a trace of the model comes to; nothing while that is not known."""
        for part in (self._opinion_icon, self._opinion):
            part.setVisible(opinion is not None)
        if opinion is not None:
            self._opinion_icon.set_icon(*_sign_of(opinion))
            self._opinion.setText(shorten(opinion.sentence, OPINION, placeholder=" …"))
            self._opinion.setToolTip(plain_tip(opinion.sentence))

    def show_prospect(self, prospect: Prospect, reason: str, free_of: str) -> None:
        """Show a prediction beside what is free.

        Args:
            prospect: the prediction and the memory.
            reason: one sentence below the verdict.
            free_of: what the free memory is part of, such as "of 12.0".
        """
        sign = "" if prospect.only_estimated else prospect.verdict
        self._set_verdict(sign, prospect.headline, reason)
        estimate = prospect.estimate
        sides = f"{estimate.low_bytes / GIB:.1f} to {estimate.high_bytes / GIB:.1f}"
        tone = "danger" if prospect.verdict == "no" else ""
        self._peak.say(f"{estimate.total_bytes / GIB:.1f}", "GiB", sides, tone)
        if prospect.memory is None:
            self._free.say(NO_VALUE)
        else:
            self._free.say(f"{prospect.free_bytes / GIB:.1f}", "GiB", free_of)
        self._plan = prospect.plan()
        self.bar.set_plan(self._plan)
        self._legend_follows.start()
        self._show_parts(True)
        self.fit.setVisible(prospect.verdict == "fits" and not prospect.only_estimated)
        self.hurry.setVisible(not prospect.only_estimated)

    def show_nothing(self, headline: str, reason: str) -> None:
        """Say why there is no prediction."""
        self._set_verdict("", headline, reason)
        for reading in self._readings():
            reading.say(NO_VALUE)
        self.ways.show_fit(None)
        self.sooner.show_deadline(None)
        self._show_parts(False)
        self.fit.hide()
        self.hurry.hide()

    def _set_verdict(self, verdict: str, headline: str, reason: str) -> None:
        self._sign.set_icon(*SIGNS[verdict])
        self._headline.setText(headline)
        self._reason.setText(reason)
        self.setAccessibleDescription(f"{headline}. {reason}")

    def _show_parts(self, shown: bool) -> None:
        for part in (self.bar, self.legend, self._foot_line):
            part.setVisible(shown)

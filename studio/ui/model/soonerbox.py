"""Finish before a time of day: the time, what it means, and plans that keep it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QTime, Signal
from PySide6.QtGui import QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QTimeEdit, QVBoxLayout, QWidget

from studio.core.units import duration
from studio.core.waysout import WayOut
from studio.ui.look import fonts
from studio.ui.model.wayrows import WayRows
from studio.ui.widgets.parts import Elided, fill, label, prose
from studio.ui.widgets.stepping import draw_arrows, set_up, takes_wheel

MORNING = QTime(8, 0)
WIDTH = 92


@dataclass(frozen=True, slots=True)
class Deadline:
    """What the box shows.

    Attributes:
        ways: plans that end in time, ranked; empty where none is needed or known.
        seconds: how long the run takes as it is; None while that is not known.
        words: how it stands with the time, in a sentence.
    """

    ways: Sequence[WayOut]
    seconds: float | None
    words: str


class TimeField(QTimeEdit):
    """A time of day; the wheel scrolls the page unless the field has the focus."""

    def __init__(self, name: str) -> None:
        super().__init__(MORNING)
        self.setDisplayFormat("HH:mm")
        set_up(self, name, WIDTH)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if takes_wheel(self, event):
            super().wheelEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        draw_arrows(self)


class SoonerBox(QWidget):
    """Plans that end before a time of day; hidden until it is asked for.

    Signals:
        applied(object): the user wants a WayOut.
        edited(): the user set another time.
    """

    applied = Signal(object)
    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Finish in time")
        self.time = TimeField("Finish before")
        self.time.timeChanged.connect(self.edited)
        self.rows = WayRows()
        self.rows.applied.connect(self.applied)
        self._words = prose("")
        row = QHBoxLayout()
        fill(row, label("Finish in time", weight=fonts.BOLD), gap=8)
        row.addWidget(Elided("ranked by what they cost; each can be undone"), 1)
        for part in (label("Finish before", tone="muted"), self.time):
            row.addWidget(part)
        fill(QVBoxLayout(self), row, self._words, self.rows, gap=6)
        self.hide()

    def allowed(self, now: datetime) -> float:
        """Return the seconds from a moment to the time that is set, the next one of that clock."""
        return seconds_until(self.time.time(), now)

    @property
    def words(self) -> str:
        """How it stands with the time, as it is shown."""
        return self._words.text()

    def show_deadline(self, deadline: Deadline | None) -> None:
        """Show how it stands, and what helps; None hides it."""
        self.setVisible(deadline is not None)
        if deadline is not None:
            self._words.setText(deadline.words)
        ways = deadline.ways if deadline is not None else ()
        self.rows.show_ways(ways, deadline.seconds if deadline is not None else None)


def seconds_until(clock: QTime, now: datetime) -> float:
    """Return the seconds from a moment to the next time that a clock shows this."""
    wanted = now.replace(hour=clock.hour(), minute=clock.minute(), second=0, microsecond=0)
    if wanted <= now:
        wanted += timedelta(days=1)
    return (wanted - now).total_seconds()


def deadline_words(seconds: float, allowed: float, now: datetime, *, helped: bool) -> str:
    """Return how a run stands to its deadline, as sentences.

    Args:
        seconds: how long it takes as it is.
        allowed: how long it may take.
        now: when it would start.
        helped: whether plans follow that keep the time.
    """
    rounded = duration(60 * round(seconds / 60) or seconds)
    ends = f"Started now, the run takes {rounded} and ends at {_clock(now, seconds)}"
    if seconds <= allowed:
        left = allowed - seconds
        return f"{ends}, {duration(60 * round(left / 60) or left)} before the time."
    late = seconds - allowed
    words = f"{ends}, {duration(60 * round(late / 60) or late)} too late."
    return words if helped else f"{words} No plan that is known makes it quick enough."


def _clock(now: datetime, seconds: float) -> str:
    end = now + timedelta(seconds=seconds)
    days = (end.date() - now.date()).days
    at = f"{end:%H:%M}"
    return at if days == 0 else f"{at} tomorrow" if days == 1 else f"{at} in {days} days"

"""The queue: a strip that says how it goes, and a card with the order of the waiting runs."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.queuedesk import QueueDesk
from studio.core.runstate import State
from studio.core.units import duration, percent
from studio.ui.look.fonts import Role
from studio.ui.runs.cells import RunRow
from studio.ui.train.words import BADGES
from studio.ui.widgets.card import Card
from studio.ui.widgets.cells import Entry
from studio.ui.widgets.lists import EntryList
from studio.ui.widgets.parts import Button, Elided, IconLabel, fill, prose

Rows = Mapping[str, RunRow]
Times = Mapping[str, float | None]
GONE = ("warning", "Gone", "warning")


class QueueStrip(Card):
    """One line: what is at work, how many wait, how long it takes; start, stop, skip.

    Signals:
        start_wanted(), stop_wanted(), skip_wanted(): what the user asks for.
    """

    start_wanted = Signal()
    stop_wanted = Signal()
    skip_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Queue")
        self._words = Elided("", Role.BODY, "text")
        self.start_button = Button("Start the queue", "play", compact=True)
        self.stop_button = Button("Stop after this run", "stop", compact=True)
        self.skip_button = Button("Skip this run", "right", compact=True)
        self.start_button.clicked.connect(self.start_wanted)
        self.stop_button.clicked.connect(self.stop_wanted)
        self.skip_button.clicked.connect(self.skip_wanted)
        row = QHBoxLayout()
        fill(row, IconLabel("queue", "frozen"), gap=10, edge=(14, 7, 10, 7))
        row.addWidget(self._words, 1)
        fill(row, self.skip_button, self.stop_button, self.start_button, gap=8, edge=(14, 7, 10, 7))
        self.body.addLayout(row)

    def show_queue(self, desk: QueueDesk, rows: Rows, times: Times) -> None:
        """Show how the queue goes; hidden where nothing waits and nothing is at work."""
        queue = desk.queue
        self.setVisible(bool(queue.runs or desk.preparing))
        self._words.setText(_line(desk, rows, times))
        goes = queue.active and desk.running
        self.start_button.setVisible(not queue.active or not desk.running)
        self.start_button.setEnabled(bool(queue.runs))
        self.stop_button.setVisible(goes)
        self.skip_button.setVisible(bool(queue.current) and desk.running)


def _line(desk: QueueDesk, rows: Rows, times: Times) -> str:
    queue, parts = desk.queue, []
    if desk.preparing:
        many = "a run" if desk.preparing == 1 else f"{desk.preparing} runs"
        parts.append(f"Freezing the rows of {many}")
    if queue.current:
        parts.append(_at_work(rows.get(queue.current), queue.current))
    if queue.waiting:
        n = len(queue.waiting)
        parts.append(f"{n} {'run waits' if n == 1 else 'runs wait'}")
        known = [times.get(run) for run in queue.waiting]
        if all(seconds is not None for seconds in known):
            parts.append(f"about {duration(sum(s for s in known if s is not None))}")
    if queue.runs and not queue.active:
        parts.append("no further run is started" if queue.current else "the queue stands still")
    elif queue.current:
        parts.append("goes on when this window is closed")
    return " · ".join(parts)


def _at_work(row: RunRow | None, run: str) -> str:
    if row is None:
        return run
    state, title = row.state, row.summary.title or run
    if state.state in (State.QUEUED, State.LOST) or state.final:
        return f"{title} is being started"
    learns = state.state is State.TRAINING and state.total_steps
    share = f" {percent(state.step / state.total_steps)}" if learns else ""
    return f"{title}: {BADGES[state.state][1].lower()}{share}"


class QueueCard(Card):
    """The runs in their order; they can be moved, taken out, and opened.

    Signals:
        moved(str, int): a waiting run is to go to a place, counted from 0.
        removed(str): a waiting run is to be taken out.
        cleared(): ended runs are to be forgotten.
    """

    moved = Signal(str, int)
    removed = Signal(str)
    cleared = Signal()

    def __init__(self) -> None:
        self.up_button = Button("Earlier", "up", "icon")
        self.down_button = Button("Later", "down", "icon")
        self.remove_button = Button("Take out of the queue", "close", "icon")
        self.clear_button = Button("Clear the ended", kind="quiet", compact=True)
        super().__init__(
            "Queue", "", self.clear_button, self.up_button, self.down_button, self.remove_button
        )
        self.list = EntryList("Queue")
        self._runs: list[str] = []
        self._desk: QueueDesk | None = None
        self._empty = prose(
            "No run waits. Train several, in the menu of a run, makes a run for each of several "
            "values; what waits goes on one after another, also when this window is closed.",
            Role.BODY,
        )
        words = QWidget()
        fill(QVBoxLayout(words), self._empty, None, edge=14)
        self._words = words
        self.body.addWidget(words)
        self.body.addWidget(self.list, 1)
        self.up_button.clicked.connect(lambda: self._move(-1))
        self.down_button.clicked.connect(lambda: self._move(1))
        self.remove_button.clicked.connect(self._remove)
        self.clear_button.clicked.connect(self.cleared)
        self.list.chosen.connect(lambda _at: self._show_acts())

    def show_queue(self, desk: QueueDesk, rows: Rows, times: Times) -> None:
        """Show the order: the run at work, those that wait, then those whose turn is over."""
        queue, self._desk = desk.queue, desk
        chosen = self._chosen()
        ended = [(run, state) for run, state in reversed(queue.ended) if run not in queue]
        self._runs = [*queue.runs, *(run for run, _ in ended)]
        entries = [_entry(run, rows, times, queue.current) for run in queue.runs]
        entries += [_ended(run, state, rows) for run, state in ended]
        at = self._runs.index(chosen) if chosen in self._runs else (0 if self._runs else -1)
        self.list.set_entries(entries, at)
        self.list.setVisible(bool(entries))
        self._words.setVisible(not entries)
        self.clear_button.setVisible(bool(ended))
        self.remark.setText(f"{len(queue.waiting)} waiting" if queue.waiting else "")
        self._show_acts()

    def _chosen(self) -> str:
        at = self.list.currentIndex().row()
        return self._runs[at] if 0 <= at < len(self._runs) else ""

    def _show_acts(self) -> None:
        waiting = self._desk.queue.waiting if self._desk is not None else ()
        run = self._chosen()
        self.up_button.setEnabled(run in waiting and waiting[0] != run)
        self.down_button.setEnabled(run in waiting and waiting[-1] != run)
        self.remove_button.setEnabled(run in waiting)

    def _move(self, by: int) -> None:
        run = self._chosen()
        if self._desk is not None and run in self._desk.queue.waiting:
            self.moved.emit(run, self._desk.queue.waiting.index(run) + by)

    def _remove(self) -> None:
        self.removed.emit(self._chosen())


def _entry(run: str, rows: Rows, times: Times, current: str) -> Entry:
    row = rows.get(run)
    if row is None:
        icon, words, tone = GONE
        return Entry(run, "its folder is gone", icon, words, tone)
    title = row.summary.title or run
    if run == current:
        icon, words, tone = BADGES[row.state.state]
        return Entry(title, f"{row.summary.method} · at work", icon, words, tone)
    seconds = times.get(run)
    takes = "time not known" if seconds is None else f"about {duration(seconds)}"
    return Entry(title, f"{row.summary.method} · {takes}", "queue", "Waits", "plain")


def _ended(run: str, state: str, rows: Rows) -> Entry:
    row = rows.get(run)
    icon, words, tone = BADGES[State(state)] if state in set(State) else GONE
    below = row.summary.method if row is not None else "its folder is gone"
    return Entry(row.summary.title if row is not None else run, below, icon, words, tone)

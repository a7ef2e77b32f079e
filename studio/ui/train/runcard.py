"""Where the run is: state, step, time, the run line, and what can be asked of it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.core.life import LEAVING
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.figure import Figure
from studio.ui.train.words import KEPT, Head, head_of, resume_words
from studio.ui.widgets.badge import Badge
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill
from studio.ui.widgets.runline import Progress, RunLine

BUDS_AHEAD = 20
"""Most checkpoints to come that are drawn; more would be a band, not buds."""
SAVES = 10
"""Checkpoints of a run whose recipe leaves open how often it saves."""


class RunCard(Card):
    """The head of the running or ended run.

    Signals:
        save_asked(), pause_asked(), stop_asked(), resume_asked(), again_asked(), end_asked(): the
            user pressed the button of that name.
    """

    save_asked = Signal()
    pause_asked = Signal()
    stop_asked = Signal()
    resume_asked = Signal()
    again_asked = Signal()
    end_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Run")
        self._badge = Badge()
        self._title = Figure(Role.SECTION, fonts.BOLD)
        self._share, self._gone = Figure(tone="muted"), Figure(tone="muted")
        self._left, self._after = Figure(weight=fonts.MEDIUM), Figure(tone="muted")
        self._head = QHBoxLayout()
        fill(self._head, self._badge, self._title, self._share, None, gap=9)
        for part in (self._gone, self._left, self._after):
            self._head.addWidget(part)
        self.run_line = RunLine()
        left = fill(QVBoxLayout(), self._head, self.run_line, gap=2)
        self._row = QHBoxLayout()
        fill(self._row, gap=24, edge=(15, 11, 15, 6))
        self._row.addLayout(left, 1)
        self._row.addWidget(self._make_acts())
        self.body.addLayout(self._row)

    def _make_acts(self) -> QWidget:
        self.save_button = Button("Save now", "bud")
        self.pause_button = Button("Pause", "pause")
        self.stop_button = Button("Stop and keep", "stop")
        self.end_button = Button("End at once", "close", "danger")
        self.again_button = Button("Train again", "train")
        self.resume_button = Button("Resume", "play", "primary")
        self.buttons = {
            self.save_button: self.save_asked,
            self.pause_button: self.pause_asked,
            self.stop_button: self.stop_asked,
            self.end_button: self.end_asked,
            self.again_button: self.again_asked,
            self.resume_button: self.resume_asked,
        }
        for button, signal in self.buttons.items():
            button.clicked.connect(signal)
            button.hide()
        self.more_button = Button("More to ask of the run", "more", "icon")
        self.more_button.hide()
        self._acts = QWidget()
        fill(QHBoxLayout(self._acts), *self.buttons, self.more_button, gap=8)
        return self._acts

    def set_small(self, small: bool) -> None:
        """Put the buttons into the first line, and drop what is gone of the time."""
        (self._head if small else self._row).addWidget(self._acts)
        self._gone.setVisible(not small)
        self._share.setVisible(not small)

    def show_run(self, store: RunStore, waited: float) -> None:
        """Show a run as it stands; waited is seconds since its engine was started."""
        self._say(head_of(store, waited))
        state = store.state
        total = max(state.total_steps, state.step)
        best = state.best_step if state.best_step and len(store.history.evaluations) > 1 else None
        self.run_line.set_progress(Progress(state.step, total, _buds(store, total), best))
        self._offer(store)

    def _say(self, head: Head) -> None:
        self._badge.say(*head.badge)
        for part, words in (
            (self._title, head.title),
            (self._share, head.share),
            (self._gone, head.gone),
            (self._left, head.left),
            (self._after, head.left_after),
        ):
            part.say(words)

    def _offer(self, store: RunStore) -> None:
        """Show the buttons that make sense now."""
        state, alive = store.state.state, store.alive
        leaving = state in LEAVING or store.is_ending
        working = alive and not store.is_booting
        shown: dict[Button, bool] = {
            self.save_button: working and not leaving,
            self.pause_button: working and not leaving,
            self.stop_button: alive and not leaving,
            self.end_button: alive and store.stop_overdue,
            self.again_button: not alive and store.is_loaded,
            self.resume_button: store.is_loaded and store.resumable and state not in KEPT,
            self.more_button: working and not leaving,
        }
        for button, there in shown.items():
            if button.isHidden() is there:
                button.setVisible(there)
        for button, words in (
            (self.stop_button, "Stop and keep" if working else "Stop"),
            (self.resume_button, resume_words(store)),
        ):
            if button.text() != words:
                button.setText(words)


def _buds(store: RunStore, total: int) -> tuple[int, ...]:
    """Return the checkpoints that are kept, and while it trains those that will follow."""
    kept = sorted(store.kept)
    if not store.alive or not total or store.recipe is None:
        return tuple(kept)
    every = store.recipe.save_steps or -(-total // SAVES)
    ahead = range(store.state.step // every * every + every, total, every)
    return tuple(sorted({*kept, *(ahead if len(ahead) <= BUDS_AHEAD else ()), total}))

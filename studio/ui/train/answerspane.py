"""The answers of a run to its fixed prompts: which prompt, the film strip, and what follows."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.app.runstore import RunStore
from studio.core.control import SampleAsked
from studio.core.life import can_ask
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.train.film import Prompt, frames_of, prompts_of
from studio.ui.train.filmstrip import FilmStrip
from studio.ui.train.plotsync import PlotSync
from studio.ui.widgets.parts import Button, Elided, fill, inset, label, line, prose

NONE = (
    "No answers yet. The base answers the fixed prompts before the first step, and each "
    "checkpoint answers them again."
)


class AnswersPane(QWidget):
    """Joined with the plots: the frame that is looked at is the one under the crosshair.

    Signals:
        chat_asked(int): talk to the run as it was at a step.
        sample_asked(): answer the prompts now; the page asks for one of the user's own.
    """

    chat_asked = Signal(int)
    sample_asked = Signal()

    def __init__(self, sync: PlotSync) -> None:
        super().__init__()
        self._sync = sync
        self._store: RunStore | None = None
        self._told: object = None
        self._prompts: list[Prompt] = []
        self._place = 0
        self.strip = FilmStrip()
        self._build()
        self.strip.picked.connect(sync.pick)
        self.strip.selectionModel().currentChanged.connect(lambda *_: self._offer())
        sync.crossed.connect(self._on_crossed)

    def _build(self) -> None:
        self._count = label("", Role.SMALL, tone="muted")
        self._prompt = Elided("", Role.SMALL, "text")
        self._prompt.setFont(fonts.font(Role.SMALL, fonts.MEDIUM))
        self.before_button = Button("Prompt before", "left", "icon")
        self.next_button = Button("Next prompt", "right", "icon")
        self.before_button.clicked.connect(lambda: self._turn(-1))
        self.next_button.clicked.connect(lambda: self._turn(1))
        self._head = QWidget()
        row = fill(QHBoxLayout(self._head), self._count, gap=6, edge=(14, 4, 8, 4))
        row.addWidget(self._prompt, 1)
        row.addWidget(self.before_button)
        row.addWidget(self.next_button)
        self._none = inset(prose(NONE))
        self._written = prose("", Role.SMALL, tone="")
        self._written.setContentsMargins(14, 7, 14, 0)
        self.chat_button = Button("Chat", "chat", compact=True)
        self.sample_button = Button("Sample now…", "play", "quiet", compact=True)
        self.chat_button.clicked.connect(self._on_chat_clicked)
        self.sample_button.clicked.connect(self.sample_asked)
        foot = fill(
            QHBoxLayout(), self.chat_button, None, self.sample_button, gap=8, edge=(14, 8, 10, 10)
        )
        column = QVBoxLayout(self)
        fill(column, self._none, self._head, line())
        column.addWidget(self.strip, 1)
        column.addWidget(self._written)
        column.addStretch(0)
        column.addLayout(foot)

    def show_run(self, store: RunStore) -> None:
        """Show the answers of a run as it stands."""
        if store is not self._store:
            self._store, self._place = store, 0
            self.strip.show_frames([], None)
        samples = store.history.samples
        told = (store, len(samples), id(samples[-1]) if samples else 0, store.state.best_step)
        if told == self._told:  # comparing all answers anew costs more than all drawing
            self._offer()
            return
        self._told = told
        self._prompts = prompts_of(store.history)
        self._place = max(0, min(self._place, len(self._prompts) - 1))
        there = bool(self._prompts)
        self._none.setVisible(not there)
        for part in (self._head, self.strip):
            part.setVisible(there)
        self._show_prompt()

    def _show_prompt(self) -> None:
        store = self._store
        if store is None or not self._prompts:
            self._written.hide()
            self._offer()
            return
        prompt = self._prompts[self._place]
        self._count.setText(f"Prompt {self._place + 1} of {len(self._prompts)}")
        self._prompt.setText(" ".join(prompt.text.split()))
        self._written.setVisible(bool(prompt.reference))
        self._written.setText(f"Written: {' '.join(prompt.reference.split())[:300]}")
        several = len(self._prompts) > 1
        self.before_button.setVisible(several)
        self.next_button.setVisible(several)
        best = store.state.best_step or None
        self.strip.show_frames(frames_of(store.history, prompt.id), best)
        self.strip.look_at(self._sync.cross)
        self._offer()

    def _turn(self, way: int) -> None:
        self._place = (self._place + way) % max(len(self._prompts), 1)
        self._show_prompt()

    def _on_crossed(self) -> None:
        if self.isVisible():
            self.strip.look_at(self._sync.cross)

    def _offer(self) -> None:
        """Say what can be done with the frame that is looked at."""
        frame, store = self.strip.current_frame, self._store
        kept = store is not None and frame is not None and frame.step in store.kept
        step = frame.step if frame is not None else 0
        self.chat_button.setText(f"Chat with step {step:,}" if step else "Chat with the base")
        self.chat_button.setEnabled(kept or (frame is not None and not step))
        why = "" if kept or not step else f"The checkpoint of step {step:,} was not kept"
        self.chat_button.setToolTip(why)
        self.chat_button.setVisible(frame is not None)
        asking = store is not None and store.alive and not store.is_booting
        asking = asking and store is not None and can_ask(store.state.state, SampleAsked)
        self.sample_button.setVisible(asking)

    def _on_chat_clicked(self) -> None:
        frame = self.strip.current_frame
        if frame is not None:
            self.chat_asked.emit(frame.step)

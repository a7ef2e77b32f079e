"""The menu of the run that trains, behind its three buttons."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from studio.app.runstore import RunStore
from studio.core.control import (
    DiscardAsked,
    EvaluateAsked,
    RateAsked,
    RollBackAsked,
    SampleAsked,
)
from studio.core.life import can_ask
from studio.ui.look import fonts
from studio.ui.train.liveacts import LiveActs

MOST_BACK = 12
"""Checkpoints that are offered to go back to, the newest."""


class LiveMenu(QMenu):
    """Offers what the state of the run allows."""

    def __init__(self, acts: LiveActs, parent: QWidget) -> None:
        super().__init__("Run", parent)
        self.setFont(fonts.font())
        self._acts = acts
        self._store: RunStore | None = None
        self._shown: object = None
        self._wants: dict[QAction, type] = {}
        self._add("Evaluate now", acts.evaluate, EvaluateAsked)
        self._add("Sample now…", acts.ask_sample, SampleAsked)
        self._add("Change the learning rate…", acts.ask_rate, RateAsked)
        self.back = QMenu("Go back to", self)
        self.back.setFont(fonts.font())
        self.addMenu(self.back)
        self.addSeparator()
        self._add("End and discard what is not saved…", acts.ask_discard, DiscardAsked)
        self.aboutToShow.connect(self.refresh)
        self.refresh()

    def show_run(self, store: RunStore | None) -> None:
        """Offer what can be done with a run as it stands."""
        self._store = store
        shown = (store, store.state.state, store.alive, store.is_booting) if store else None
        if shown != self._shown and not self.isVisible():
            self._shown = shown
            self.refresh()

    @property
    def acts(self) -> list[QAction]:
        """What the window's own menu offers too."""
        return list(self._wants)

    def refresh(self) -> None:
        """Look again at what the run hears now."""
        store = self._store
        working = store is not None and store.alive and not store.is_booting
        for action, wish in self._wants.items():
            heard = store is not None and can_ask(store.state.state, wish)
            action.setEnabled(working and heard)
        self.back.clear()
        if store is None:
            return
        steps = [step for step in sorted(store.kept, reverse=True) if step < store.state.step]
        for step in steps[:MOST_BACK]:
            best = " · best" if step == store.state.best_step else ""
            act = self.back.addAction(f"Step {step:,}{best}…")
            act.triggered.connect(partial(self._acts.ask_back, step))
        self.back.addAction("The start…").triggered.connect(partial(self._acts.ask_back, 0))
        heard = can_ask(store.state.state, RollBackAsked)
        self.back.setEnabled(working and heard and store.state.step > 0)

    def _add(self, words: str, act: object, wish: type) -> None:
        made = self.addAction(words)
        made.triggered.connect(act)
        self._wants[made] = wish

"""The strip of the guard: forgetting in words, while it comes and when it is there, and one way."""

from __future__ import annotations

from PySide6.QtCore import Signal

from studio.app.guardreading import guard_reading
from studio.app.guardsaying import BACK, EVALUATE, SLOWER, Saying, saying_of
from studio.app.runstore import RunStore
from studio.app.studio import Studio
from studio.core.actions import LOWER_RATE, Action
from studio.ui.train.liveacts import LiveActs
from studio.ui.train.strip import Offer, Strip

ICONS = {BACK: "reset", EVALUATE: "measure"}


class GuardStrip(Strip):
    """Hidden while nothing is forgotten past what is allowed; what was read is said once.

    Signals:
        evaluate_asked(): the user wants the result to be measured with all questions.
    """

    evaluate_asked = Signal()

    def __init__(self, studio: Studio, acts: LiveActs) -> None:
        super().__init__("what the guard says")
        self._studio, self._acts = studio, acts
        self._store: RunStore | None = None
        self._read: set[tuple[str, str]] = set()
        self._now: Saying | None = None
        self._known: tuple[object, ...] = ()
        self.dismissed.connect(self._on_read)

    def show_run(self, store: RunStore) -> None:
        """Say what the guard of a run has to say now."""
        self._store = store
        guard = guard_reading(store)
        known = (store, guard.points, store.alive, store.is_loaded, len(store.history.remarks))
        if known != self._known:  # a way back is worked out only when something is new
            self._known = known
            self._now = saying_of(store, guard, self._studio.taking_back.way(store))
        now = self._now
        if now is None or (store.run, now.kind) in self._read:
            self.clear()
            return
        offers = [Offer(now.words, self._act, ICONS.get(now.deed, ""))]
        self.tell(now.fact, now.follows, now.tone, offers if now.deed else ())
        self.set_able(not self._studio.taking_back.is_waiting)

    def _act(self) -> None:
        store, now = self._store, self._now
        if store is None or now is None:
            return
        if now.deed == SLOWER:
            self._on_read()
            self._acts.carry_out(Action(LOWER_RATE), store)
            return
        if now.deed == EVALUATE:
            self.evaluate_asked.emit()
            return
        self.set_able(False)
        if store.alive:
            words = "The run is stopped and kept; then it goes on with general rows"
            self._studio.said.emit(words, None)
        self._studio.taking_back.take_back(store)

    def _on_read(self) -> None:
        if self._store is not None and self._now is not None:
            self._read.add((self._store.run, self._now.kind))
            self.clear()

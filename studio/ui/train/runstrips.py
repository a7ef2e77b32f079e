"""The strips of a run: room that is wanted, what the watchdog remarks, a course that changed."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.app.guardsaying import CODES
from studio.app.runstore import RunStore
from studio.core.actions import END, ROLL_BACK, Action, read_action
from studio.core.events import MemoryShort, PlanChanged, Remark, RolledBack, RoomWanted
from studio.core.problems import StudioError
from studio.core.runstate import State
from studio.core.units import file_size
from studio.ui.train.happenings import happenings_of
from studio.ui.train.liveacts import LiveActs
from studio.ui.train.strip import Offer, Strip
from studio.ui.widgets.parts import fill

QUIET = frozenset({"asked"}) | CODES
"""Codes of remarks that only confirm what was asked, or that the guard's own strip says."""
COURSE = frozenset({"memory", "plan", "rollback"})
COURSE_EVENTS = (MemoryShort, PlanChanged, RolledBack)


class RunStrips(QWidget):
    """At most three strips, one of each kind; hidden while none has anything to say."""

    def __init__(self, acts: LiveActs) -> None:
        super().__init__()
        self._acts = acts
        self._store: RunStore | None = None
        self._remarks_read = self._turns_read = 0
        self.room = Strip("room on the disk", can_close=False)
        self.remark, self.course = Strip("remark"), Strip("change of the plan")
        self._room_asked: RoomWanted | None = None
        fill(QVBoxLayout(self), self.room, self.remark, self.course, gap=8)
        self.remark.dismissed.connect(self._on_remark_read)
        self.course.dismissed.connect(self._on_course_read)
        self.hide()

    def show_run(self, store: RunStore) -> None:
        """Show what a run has to say now."""
        if store is not self._store:
            self._store = store
            self._remarks_read = self._turns_read = 0
        if store.is_booting:  # what was told of an engine before this one is read
            self._remarks_read, self._turns_read = (
                len(store.history.remarks),
                len(store.history.turns),
            )
        self._show_room(store)
        self._show_remark(store)
        self._show_course(store)
        strips = (self.room, self.remark, self.course)
        self.setVisible(any(not strip.isHidden() for strip in strips))

    # room on the disk

    def _show_room(self, store: RunStore) -> None:
        wanted = store.history.room if store.alive else None
        if wanted is None:
            self.room.clear()
            self._room_asked = None
            return
        fact = f"No room for the checkpoint of step {wanted.step:,}."
        follows = (
            f"{file_size(wanted.needed_bytes)} are needed, {file_size(wanted.free_bytes)} are free "
            f"in {wanted.folder}. Training waits, and nothing is lost."
        )
        wishes = self._acts.wishes
        offers = (
            Offer("Try again", lambda: self._answer(wanted, wishes.retry_saving()), "reset"),
            Offer("Another folder…", lambda: self._answer(wanted, self._acts.ask_folder())),
            Offer("Stop and keep", lambda: self._answer(wanted, wishes.stop_without_room())),
        )
        self.room.tell(fact, follows, "warning", offers)
        self.room.set_able(wanted is not self._room_asked)

    def _answer(self, wanted: RoomWanted, asked: bool) -> None:
        if asked:
            self._room_asked = wanted
            self.room.set_able(False)

    # remarks

    def _unread(self, store: RunStore) -> list[Remark]:
        unread = store.history.remarks[self._remarks_read :]
        return [remark for remark in unread if remark.code not in QUIET]

    def _show_remark(self, store: RunStore) -> None:
        over = store.state.state is State.DIVERGED  # then one way on is offered
        found = self._unread(store) if store.alive or over else []
        if store.alive and store.trouble is not None:
            found = [store.trouble]
        self.remark.close_button.setVisible(store.trouble is None)
        if not found:
            self.remark.clear()
            return
        remark = found[-1]
        more = f" {len(found) - 1:,} earlier in Facts." if len(found) > 1 else ""
        action = _possible(read_action(remark.action), store)
        offers = []
        if action is not None:
            words = self._acts.words_for(action)
            offers.append(Offer(words, lambda: self._carry_out(action, store)))
        if store.trouble is not None and (action is None or action.name != END):
            offers.append(Offer("End at once", lambda: self._carry_out(Action(END), store)))
        tone = "warning" if action is not None else "plain"
        fact, follows = remark.summary, remark.hint
        if over and fact == store.state.summary:  # said above already, as what went wrong
            fact, _, follows = remark.hint.partition(". ")
        self.remark.tell(fact, f"{follows}{more}", tone, offers)

    def _carry_out(self, action: Action, store: RunStore) -> None:
        self._on_remark_read()
        try:
            self._acts.carry_out(action, store)
        except StudioError as problem:
            self._acts.tell_problem(problem)

    def _on_remark_read(self) -> None:
        if self._store is not None:
            self._remarks_read = len(self._store.history.remarks)
            self.show_run(self._store)

    # the course

    def _show_course(self, store: RunStore) -> None:
        unread = store.history.turns[self._turns_read :]
        told = happenings_of(store.history, store.recipe)
        course = [h for h in told if h.kind in COURSE]
        if len(course) > 1 and course[-2].kind == "rollback" and course[-2].step == course[-1].step:
            course.pop()  # the rate that it went back with, which the way back names too
        words = course[-1].words if course else ""
        over = store.is_loaded and not store.alive  # its facts tell it then
        if not words or over or not any(isinstance(turn, COURSE_EVENTS) for turn in unread):
            self.course.clear()
            return
        fact, _, follows = words.partition(": ")
        follows = f"{follows[:1].upper()}{follows[1:]}." if follows else ""
        short = any(isinstance(turn, MemoryShort) for turn in unread)
        self.course.tell(f"{fact}.", follows, "warning" if short else "plain")

    def _on_course_read(self) -> None:
        if self._store is not None:
            self._turns_read = len(self._store.history.turns)
            self.show_run(self._store)


def _possible(action: Action | None, store: RunStore) -> Action | None:
    """Return an action as it can be carried out now; to a checkpoint that is gone leads no way.

    The start, step 0, is always there to go back to, but only if that is what is offered.
    """
    if action is None or action.name != ROLL_BACK or not action.numbers:
        return action
    wanted = min(action.numbers)
    step = max((s for s in store.kept if s <= wanted), default=0)
    return Action(ROLL_BACK, (step,)) if step or not wanted else None

"""The thread that starts a run's engine, follows its events and watches the process.

The engine is a detached process that outlives the thread and the window; ending the thread does
not end the run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QThread, Signal

from studio.app.runhistory import Batch, Folder
from studio.app.vitalsigns import VitalSigns
from studio.core.events import Event
from studio.core.problems import EngineError, RunError, StudioError
from studio.core.runstate import RunState
from studio.core.workspace import RunFolder
from studio.data.runfiles import EventTail, engine_of
from studio.machine.enginecommand import start_detached, training_command
from studio.machine.processes import ProcessMark, is_running, mark_of, reap

POLL_SECONDS = 0.05
"""Between two looks at the file; also how often events can reach the window, 20 times a second."""
WATCH_SECONDS = 0.25
"""Between two looks at the process."""
PIECE = 500
"""Most events folded in one go, so that a long run appears while it is being read."""
OVERDUE_SECONDS = 60.0
"""How long a stop may go without a step before the user is offered to end the engine at once."""

Command = Callable[[RunFolder], Sequence[str]]


class TrainingThread(QThread):
    """Follows one run from a thread of its own; owned by whoever calls close.

    Signals:
        batches_came(object): a list of Batch, at most 20 times a second.
        alive_changed(bool): whether an engine works on the run.
        caught_up(): all that was on the disk at the beginning was read.
        stop_was_overdue(): the engine was asked to stop and does not react.
        failed(object): the StudioError why no engine could be started.
        trouble_changed(object): the Remark why the engine looks lifeless; None once it does not.
    """

    batches_came = Signal(object)
    alive_changed = Signal(bool)
    caught_up = Signal()
    stop_was_overdue = Signal()
    failed = Signal(object)
    trouble_changed = Signal(object)

    def __init__(
        self,
        folder: RunFolder,
        *,
        start_engine: bool = False,
        command: Command = training_command,
        overdue_seconds: float = OVERDUE_SECONDS,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"training {folder.id}")
        self._folder, self._command = folder, command
        self._start_engine = start_engine
        self._tail = EventTail(folder.events)
        self._fold = Folder()
        self._closing = threading.Event()
        self._engine: ProcessMark | None = None
        self._alive: bool | None = None
        self._events_seen = self._events_before = 0
        self._overdue = _Overdue(overdue_seconds)
        self._vitals = VitalSigns(folder)
        self._trouble = ""

    @property
    def engine(self) -> ProcessMark | None:
        """The engine that was started or found; None before that, or when there is none."""
        return self._engine

    def stop_was_asked(self) -> None:
        """Begin to watch whether the engine reacts to the wish to stop; called by the window."""
        self._overdue.begin()

    def close(self) -> None:
        """End the thread, not the run; returns when it has ended."""
        self._closing.set()
        self.wait()

    def run(self) -> None:
        """Start the engine if asked to, then follow until it is gone or the thread is closed."""
        try:
            self._replay()
            self._events_before = self._events_seen
            if self._start_engine:
                self._engine = self._started()
            else:
                self._engine = engine_of(self._folder)
        except StudioError as problem:
            self.caught_up.emit()
            self.failed.emit(problem)
            return
        self._tell_alive(self._engine is not None)
        self.caught_up.emit()
        if self._engine is not None:
            self._follow(self._engine)

    def _replay(self) -> None:
        """Read what is on the disk, in pieces."""
        while not self._closing.is_set() and self._read():
            pass

    def _started(self) -> ProcessMark:
        if engine_of(self._folder) is not None:
            raise RunError(
                f"{self._folder.id} is being trained already.",
                "Open it to follow it, or stop it first.",
            )
        pid = start_detached(list(self._command(self._folder)), self._folder.log)
        mark = mark_of(pid)
        if mark is None:
            raise EngineError(
                "The training process ended as soon as it was started.",
                "Its log says why. Run graft-studio doctor to see what is missing.",
            )
        return mark

    def _follow(self, engine: ProcessMark) -> None:
        watched = time.monotonic()
        while not self._closing.wait(POLL_SECONDS):
            self._read()
            if time.monotonic() - watched < WATCH_SECONDS:
                continue
            watched = time.monotonic()
            if is_running(engine):
                self._look_at(engine)
                continue
            successor = engine_of(self._folder)  # one that started itself anew, as another process
            if successor is None:
                self._finish(engine)
                return
            self._engine = engine = successor

    def _look_at(self, engine: ProcessMark) -> None:
        """Tell when the engine looks lifeless, and when it does not any more."""
        trouble = self._vitals.look(engine, self._fold.state, self._events_seen)
        code = trouble.code if trouble is not None else ""
        if code != self._trouble:
            self._trouble = code
            self.trouble_changed.emit(trouble)

    def _finish(self, engine: ProcessMark) -> None:
        reap(engine.pid)
        self._replay()  # what it wrote between our last look and its end
        if self._start_engine and self._events_seen == self._events_before:
            self.failed.emit(
                EngineError(
                    "The training process ended before it began to train.",
                    "Its log says why. Run graft-studio doctor to see what is missing.",
                )
            )
            return
        self._tell_alive(False)

    def _read(self) -> bool:
        """Take up new events; return whether there were any."""
        events: list[Event] = self._tail.read(PIECE)
        if not events:
            self._watch_stop(self._fold.state)
            return False
        self._events_seen += len(events)
        batches: list[Batch] = self._fold.fold(events)
        self.batches_came.emit(batches)
        self._watch_stop(self._fold.state)
        return True

    def _watch_stop(self, state: RunState) -> None:
        if self._overdue.met(state):
            self.stop_was_overdue.emit()

    def _tell_alive(self, alive: bool) -> None:
        if alive is not self._alive:
            self._alive = alive
            self.alive_changed.emit(alive)


class _Overdue:
    """Whether a wish to stop has gone unheard; begun on one thread, asked on another."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: float | None = None
        self._mark: object = None

    def begin(self) -> None:
        self._since = time.monotonic()

    def met(self, state: RunState) -> bool:
        """Return True once, when nothing was done for the time allowed."""
        if self._since is None or state.final:
            return False
        done = (state.step, state.checkpoints)
        if done != self._mark:
            self._mark, self._since = done, time.monotonic()
        if time.monotonic() - self._since < self._seconds:
            return False
        self._since = None
        return True

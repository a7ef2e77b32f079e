"""Starts the waiting runs of a workspace, one after another, until none waits.

It is a small process of its own, so that a queue goes on when the window is closed. It may be
killed at any moment: what it does is on the disk before it does it, and the next one goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from studio.core.problems import StudioError
from studio.core.runqueue import Queue
from studio.core.runstate import State
from studio.core.workspace import RunFolder, Workspace
from studio.data.queuefile import change_queue, read_queue
from studio.data.runfiles import engine_of, summarize
from studio.machine.enginecommand import start_detached, training_command
from studio.machine.locks import LockHeldError, RunLock
from studio.machine.processes import ProcessMark, is_running, mark_of, reap

POLL_SECONDS = 0.25
SETTLE_LOOKS = 3
"""Looks in a row that find no engine before a run counts as ended: one may replace itself."""
_BEGAN_ANEW = frozenset({State.QUEUED, State.LOST})
"""States of a run whose engine went down together with the process that started it."""

Command = Callable[[RunFolder], Sequence[str]]


class QueueWork:
    """Works on the queue of a workspace; one at a time has its lock."""

    def __init__(
        self,
        workspace: Workspace,
        *,
        command: Command = training_command,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._workspace, self._command, self._poll = workspace, command, poll_seconds

    def work(self) -> bool:
        """Start runs until none waits; return False where another process does so already."""
        while True:
            lock = RunLock(self._workspace.queue_lock)
            try:
                lock.hold()
            except LockHeldError:
                return False
            with lock:
                self._work()
            queue = read_queue(self._workspace)
            if not (queue.active and queue.waiting):  # somebody may have added one meanwhile
                return True

    def _work(self) -> None:
        if current := read_queue(self._workspace).current:
            self._go_on(current)
        while True:
            while self._somebody_trains():
                if not read_queue(self._workspace).active:
                    return
                time.sleep(self._poll)
            queue = change_queue(self._workspace, _next)
            if not queue.current:
                return
            self._start(queue.current)

    def _somebody_trains(self) -> bool:
        queue = read_queue(self._workspace)
        if not queue.waiting:
            return False
        return any(engine_of(folder) is not None for folder in self._workspace.run_folders())

    def _go_on(self, run: str) -> None:
        """Take up a run that was at work when the process before this one went down."""
        folder = self._workspace.run(run)
        pid, created = read_queue(self._workspace).engine
        mark = ProcessMark(pid, created) if pid else None
        at_work = (mark is not None and is_running(mark)) or engine_of(folder) is not None
        begun = at_work or not folder.recipe.is_file()
        if not begun and summarize(folder).state.state in _BEGAN_ANEW:
            self._start(run)
        else:
            self._watch(folder, mark)

    def _start(self, run: str) -> None:
        folder = self._workspace.run(run)
        if not folder.recipe.is_file():
            self._end("gone")
            return
        try:
            mark = mark_of(start_detached(list(self._command(folder)), folder.log))
        except StudioError:
            self._end(State.FAILED)
            return
        if mark is not None:
            engine = (mark.pid, mark.created)
            change_queue(self._workspace, lambda queue: replace(queue, engine=engine))
        self._watch(folder, mark)

    def _watch(self, folder: RunFolder, mark: ProcessMark | None) -> None:
        """Wait until no engine works on a run any more, and note what came of it."""
        quiet = 0
        while quiet < SETTLE_LOOKS:
            running = (mark is not None and is_running(mark)) or engine_of(folder) is not None
            quiet = 0 if running else quiet + 1
            time.sleep(self._poll)
        if mark is not None:
            reap(mark.pid)
        if not folder.recipe.is_file():
            self._end("gone")
            return
        state = summarize(folder).state.state
        self._end(State.FAILED if state is State.QUEUED else state)

    def _end(self, state: str) -> None:
        change_queue(self._workspace, lambda queue: queue.done(state))


def _next(queue: Queue) -> Queue:
    """Return the queue with its next run at work; one at rest where there is none."""
    if not queue.active or not queue.waiting:
        return replace(queue, active=False)
    return queue.begun(queue.waiting[0])

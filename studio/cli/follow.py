"""Follows a training run in the terminal: events as lines, Ctrl-C as stop-and-keep."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType

from studio.cli.livetable import LiveTable
from studio.cli.output import note, say
from studio.core.control import StopAsked
from studio.core.events import (
    EVENTS,
    CheckpointCommitted,
    Evaluated,
    Event,
    MemoryShort,
    PlanChanged,
    Remark,
    RolledBack,
    RoomWanted,
    RunStarted,
    Sampled,
    StateChanged,
    StepDone,
)
from studio.core.problems import EngineError, RunError
from studio.core.runstate import RunState, State, advance
from studio.core.units import count, device_words, duration, file_size, learning_rate, rate
from studio.core.workspace import RunFolder
from studio.data.runfiles import EventTail, ask, engine_of, log_tail, seen
from studio.machine.processes import ProcessMark, end, is_running, reap

POLL_SECONDS = 0.1
PIECE = 1_000
BAD_ENDS = frozenset({State.FAILED, State.DIVERGED, State.OUT_OF_MEMORY, State.LOST})


class Follower:
    """Prints what the engine says from now on, until it is gone."""

    def __init__(self, folder: RunFolder, *, as_json: bool) -> None:
        self._folder, self._as_json = folder, as_json
        self._tail = EventTail(folder.events)
        self._state = RunState(run=folder.id)
        self._heard = False
        self._table = LiveTable() if sys.stdout.isatty() and not as_json else None
        self._interrupts = 0
        while events := self._tail.read(PIECE):  # of engines before this one
            for event in events:
                self._state = advance(self._state, event)

    def follow(self, engine: ProcessMark) -> int:
        """Print until the engine is gone; return the exit code.

        Raises:
            RunError: the run did not end well.
            EngineError: the engine ended before it said a word.
        """
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            self._watch(engine)
        finally:
            signal.signal(signal.SIGINT, before)
        reap(engine.pid)
        return self._ended()

    def _watch(self, engine: ProcessMark) -> None:
        obeyed = 0
        while True:
            running = is_running(engine)
            self._print_new()
            if not running:
                successor = engine_of(self._folder)
                if successor is None:
                    return
                engine = successor
            if self._interrupts > obeyed:
                obeyed = self._interrupts
                self._obey(engine)
            time.sleep(POLL_SECONDS)

    def _on_interrupt(self, _number: int, _frame: FrameType | None) -> None:
        self._interrupts += 1

    def _obey(self, engine: ProcessMark) -> None:
        """Ask for the end at the first Ctrl-C, end at once at the second."""
        if self._interrupts > 1:
            end(engine)
            return
        ask(self._folder, StopAsked(time=time.time()))
        self._make_room()
        note("Stopping after this step and keeping the adapter. Ctrl-C again ends at once.")

    def _ended(self) -> int:
        if self._table is not None:
            self._table.keep()
        if not self._heard:
            raise EngineError(
                "The training process ended before it began to train.",
                f"{self._folder.log} says why.",
                details=log_tail(self._folder),
            )
        state = seen(self._folder, self._state, alive=False)
        if state.state is State.LOST and self._interrupts > 1:
            raise RunError(
                f"Ended at once at step {state.step:,}.",
                f"graft-studio resume {self._folder.id} goes on from its last checkpoint.",
            )
        if state.state in BAD_ENDS:
            raise RunError(state.summary or f"The run ended as {state.state}.", state.hint)
        return 0

    def _print_new(self) -> None:
        while events := self._tail.read(PIECE):
            for event in events:
                self._heard = True
                self._state = advance(self._state, event)
                if self._as_json:
                    sys.stdout.buffer.write(EVENTS.encode(event))
                else:
                    self._print(event)
            sys.stdout.flush()

    def _print(self, event: Event) -> None:
        words = "" if isinstance(event, StepDone) else sentence(event, self._state, self._folder)
        if words:
            self._make_room()
            say(words)
        if self._table is not None:
            if self._state.total_steps:
                self._table.draw(self._state)
        elif isinstance(event, StepDone):
            self._print_step()

    def _print_step(self) -> None:
        state = self._state
        say(
            f"Step {state.step} of {state.total_steps} · loss {state.loss:.3f} · "
            f"rate {learning_rate(state.learning_rate)} · {rate(state.tokens_per_second)} tokens/s"
            f" · {duration(state.seconds_left)} left"
        )

    def _make_room(self) -> None:
        """Take the table away, so that a line stands above it."""
        if self._table is not None:
            self._table.clear()


def sentence(event: Event, state: RunState, folder: RunFolder) -> str:
    """Return what an event means to a reader; empty for what goes without saying."""
    match event:
        case RunStarted():
            of = f"{count(event.trainable_parameters)} of {count(event.total_parameters)}"
            where = f" on {device_words(event.device)}" if event.device else ""
            return f"{event.run}{where}: {of} parameters are trained."
        case StateChanged():
            return event.detail
        case Evaluated():
            return f"Step {event.step}: held-out loss {event.target_loss:.3f}"
        case CheckpointCommitted():
            return f"Step {event.step}: checkpoint, {file_size(event.size_bytes)}"
        case PlanChanged():
            return f"Step {event.step}: {event.reason}"
        case MemoryShort():
            return f"Step {event.step}: {event.summary}"
        case RoomWanted():
            wanted, free = file_size(event.needed_bytes), file_size(event.free_bytes)
            return (
                f"Step {event.step}: a checkpoint needs {wanted} in {event.folder}, and {free} are "
                f"free. Free some room, or end it with graft-studio runs stop {state.run}."
            )
        case RolledBack():
            return f"Step {event.step}: back to step {event.to_step}. {event.reason}"
        case Sampled():
            return f"Step {event.step}: {len(event.answers)} prompts answered"
        case Remark():
            return f"{event.summary} {event.hint}".strip()
        case _:
            return _last_words(state, folder) if state.final else ""


def _last_words(state: RunState, folder: RunFolder) -> str:
    if state.state in BAD_ENDS:
        return ""  # said on stderr, with the way out
    kept = f" The adapter is in {folder.path / state.adapter}." if state.adapter else ""
    return f"{state.summary or state.state.capitalize()} at step {state.step}.{kept}"

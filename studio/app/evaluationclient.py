"""Carries out one evaluation at a time in a process of its own; starts it and never waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.app.engineclient import EngineClient
from studio.core.protocol import (
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    LookAtReadiness,
    PauseEvaluating,
    RequestFailed,
)
from studio.machine.enginecommand import engine_command

IDLE, RUNNING, PAUSING = "idle", "running", "pausing"
PAUSE_LIMIT_MS = 20_000
PAUSE_LATE = "The evaluation engine did not pause within 20 s, so it was ended."


class EvaluationClient(QObject):
    """Owns the evaluation process; every answer that it told is kept, however it ends.

    It carries out evaluations, and looks at adapters that are to be put to use, which have
    numbers of their own. States: "idle" (no process), "running", "pausing".

    Attributes:
        number: of the evaluation in hand; 0 when there is none.
        look: number of the look in hand; 0 when there is none.
        last: the last ``EvaluationAdvanced`` of the evaluation in hand, or None.

    Signals:
        advanced(object): ``EvaluationAdvanced``.
        ended(int, str): an evaluation's number and how it stands now: done or paused.
        failed(int, object): an evaluation's number and the ``RequestFailed``.
        look_ended(int, str), look_failed(int, object): the same of a look.
        state_changed(str): the state's new name; "idle" comes when nothing more is told.
        gone(): the process is not there any more, which a moment ago it may still have been.
    """

    advanced = Signal(object)
    ended = Signal(int, str)
    failed = Signal(int, object)
    look_ended = Signal(int, str)
    look_failed = Signal(int, object)
    state_changed = Signal(str)
    gone = Signal()

    def __init__(
        self, store: Path, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        asked = command or engine_command("evaluate")
        self._store = store
        self._engine = EngineClient("evaluation engine", asked, self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(lambda _words: self.gone.emit())
        self._request = 0
        self.number = self.look = 0
        self.last: EvaluationAdvanced | None = None
        self._state = IDLE
        self._overdue = QTimer(self, singleShot=True)
        self._overdue.timeout.connect(lambda: self._engine.kill(PAUSE_LATE))

    @property
    def state(self) -> str:
        """The state's name."""
        return self._state

    @property
    def pid(self) -> int:
        """Process id of the engine, 0 when there is none; its memory counts as ours."""
        return self._engine.pid

    def start(self, number: int, **asked: Any) -> None:
        """Begin an evaluation, or go on with it, or ask more of one that is done; only when idle.

        Args:
            number: of the evaluation.
            asked: what else ``Evaluate`` takes: a judge, or benchmarks.
        """
        assert self._state == IDLE
        self.number, self.last = number, None
        self._request = self._engine.new_id()
        self._engine.ask(
            Evaluate(id=self._request, store=str(self._store), evaluation=number, **asked)
        )
        self._enter(RUNNING)

    def start_look(self, look: int) -> None:
        """Begin a look at an adapter, or go on with it; only when idle."""
        assert self._state == IDLE
        self.look, self.last = look, None
        self._request = self._engine.new_id()
        self._engine.ask(LookAtReadiness(id=self._request, store=str(self._store), look=look))
        self._enter(RUNNING)

    def pause(self) -> None:
        """Pause behind the words in hand; the process ends and gives its memory back."""
        if self._state == RUNNING:
            self._engine.tell(PauseEvaluating(id=self._request))
            self._overdue.start(PAUSE_LIMIT_MS)
            self._enter(PAUSING)

    def end(self) -> None:
        """End the process at once; what was answered is kept, and the evaluation is paused."""
        if self._state != IDLE:
            self._engine.settle(self._request)
            self._engine.kill("The evaluation was paused.")
            self._tell_end("paused")

    def close(self) -> None:
        """End the process and wait for it."""
        self._overdue.stop()
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, EvaluationAdvanced):
            self.last = message
            self.advanced.emit(message)
        elif isinstance(message, EvaluationEnded):
            self._engine.settle(message.id)
            self._engine.end("")
            self._tell_end(message.state)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        self._engine.end("")
        if failed.summary == PAUSE_LATE:
            self._tell_end("paused")
            return
        number, look = self._finish()
        if look:
            self.look_failed.emit(look, failed)
        else:
            self.failed.emit(number, failed)

    def _tell_end(self, state: str) -> None:
        number, look = self._finish()
        if look:
            self.look_ended.emit(look, state)
        else:
            self.ended.emit(number, state)

    def _finish(self) -> tuple[int, int]:
        """Have nothing in hand; return the evaluation and the look that were."""
        self._overdue.stop()
        had = self.number, self.look
        self._request = self.number = self.look = 0
        self._enter(IDLE)
        return had

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

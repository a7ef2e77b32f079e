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
    PauseEvaluating,
    RequestFailed,
)
from studio.machine.enginecommand import engine_command

IDLE, RUNNING, PAUSING = "idle", "running", "pausing"
PAUSE_LIMIT_MS = 20_000
PAUSE_LATE = "The evaluation engine did not pause within 20 s, so it was ended."


class EvaluationClient(QObject):
    """Owns the evaluation process; every answer that it told is kept, however it ends.

    States: "idle" (no process), "running", "pausing".

    Attributes:
        number: of the evaluation in hand; 0 when idle.
        last: the last ``EvaluationAdvanced`` of the evaluation in hand, or None.

    Signals:
        advanced(object): ``EvaluationAdvanced``.
        ended(int, str): an evaluation's number and how it stands now: done or paused.
        failed(int, object): an evaluation's number and the ``RequestFailed``.
        state_changed(str): the state's new name; "idle" comes when the process is gone.
    """

    advanced = Signal(object)
    ended = Signal(int, str)
    failed = Signal(int, object)
    state_changed = Signal(str)

    def __init__(
        self, store: Path, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        asked = command or engine_command("evaluate")
        self._store = store
        self._engine = EngineClient("evaluation engine", asked, self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._request = 0
        self.number = 0
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

    def start(self, number: int, judge: Path | None = None) -> None:
        """Begin an evaluation, or go on with it, or let a model judge it; only when idle."""
        assert self._state == IDLE
        self.number, self.last = number, None
        self._request = self._engine.new_id()
        folder = str(judge) if judge is not None else ""
        self._engine.ask(
            Evaluate(id=self._request, store=str(self._store), evaluation=number, judge=folder)
        )
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
            number = self.number
            self._engine.settle(self._request)
            self._engine.kill("The evaluation was paused.")
            self._finish()
            self.ended.emit(number, "paused")

    def close(self) -> None:
        """End the process and wait for it."""
        self._overdue.stop()
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, EvaluationAdvanced):
            self.last = message
            self.advanced.emit(message)
        elif isinstance(message, EvaluationEnded):
            number = self.number
            self._engine.settle(message.id)
            self._engine.end("")
            self._finish()
            self.ended.emit(number, message.state)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        number, paused = self.number, failed.summary == PAUSE_LATE
        self._engine.end("")
        self._finish()
        if paused:
            self.ended.emit(number, "paused")
        else:
            self.failed.emit(number, failed)

    def _finish(self) -> None:
        self._overdue.stop()
        self._request = self.number = 0
        self._enter(IDLE)

    def _enter(self, state: str) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

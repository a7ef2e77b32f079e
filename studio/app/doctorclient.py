"""Runs the doctor in a process of its own: what of this machine works for training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.app.engineclient import EngineClient
from studio.app.processend import problem_of
from studio.core.protocol import Check, RequestFailed
from studio.machine.enginecommand import engine_command

REQUEST = 0
"""A one-shot process answers with this id."""


class DoctorClient(QObject):
    """Owns the doctor's process; one examination at a time.

    Signals:
        checked(object): one ``Check``, as it comes.
        ended(object): the list of all checks, or an ``EngineError``; once for each :meth:`check`.
    """

    checked = Signal(object)
    ended = Signal(object)

    def __init__(
        self, parent: QObject | None = None, *, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._engine = EngineClient("doctor", command or engine_command("doctor"), self)
        self._engine.message_came.connect(self._on_message_came)
        self._engine.request_failed.connect(self._on_request_failed)
        self._engine.process_ended.connect(self._on_process_ended)
        self._checks: list[Check] = []
        self._failed: RequestFailed | None = None

    @property
    def running(self) -> bool:
        """Whether an examination is under way."""
        return self._engine.running

    def check(self) -> None:
        """Examine this machine; nothing when that is under way."""
        if self._engine.running:
            return
        self._checks, self._failed = [], None
        self._engine.expect(REQUEST)
        self._engine.start()

    def close(self) -> None:
        """End the process, if there is one."""
        self._engine.close()

    def _on_message_came(self, message: Any) -> None:
        if isinstance(message, Check):
            self._checks.append(message)
            self.checked.emit(message)

    def _on_request_failed(self, failed: RequestFailed) -> None:
        self._failed = failed

    def _on_process_ended(self, why: str) -> None:
        # the examination has no last message: a process that ends by itself is at its end
        if self._checks and not why:
            self.ended.emit(self._checks)
        elif self._failed is not None:
            self.ended.emit(problem_of(self._failed))
